import { drives } from './driving-commands.ts'
import type { CdpMessage } from './message.ts'
import type { TargetInfo } from './targets.ts'

/** Knows which page a DevTools session stands for, and so which one a command drives. */
export class DrivenTargets {
  /** The page of each session, by session id. Those of frames and workers are not in it. */
  readonly #pages = new Map<string, string>()

  /** A session was opened. */
  attached(sessionId: string, info: Pick<TargetInfo, 'targetId' | 'type'>): void {
    if (info.type === 'page') this.#pages.set(sessionId, info.targetId)
  }

  detached(sessionId: string): void {
    this.#pages.delete(sessionId)
  }

  /** The page that a command drives; undefined for commands that drive none. */
  drivenBy(message: CdpMessage): string | undefined {
    if (!drives(message)) return undefined
    const named = message.method?.startsWith('Target.') ? message.params?.['targetId'] : undefined
    return typeof named === 'string' ? named : this.#pages.get(message.sessionId ?? '')
  }
}
