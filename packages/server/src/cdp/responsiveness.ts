import { CdpCommandError } from './command-error.ts'
import { cdpErrorCode } from './message.ts'
import type { TargetInfo } from './targets.ts'

/** How the probes speak to the browser. */
interface Control {
  command<Result>(
    method: string,
    parameters?: Record<string, unknown>,
    options?: { sessionId?: string; deadline?: number },
  ): Promise<Result>
}

/** Milliseconds in which a target answers that is not kept busy. */
const answerLimit = 1_500

/** A question to one target, open until the target answers or is gone. */
interface Probe {
  readonly askedAt: number
  readonly over: Promise<void>
  /** Ends it: the target has answered, or there will be no answer. */
  readonly end: (outcome: 'answered' | 'gone') => void
}

/**
 * Knows which pages answer. A page whose script never ends, whose process is
 * stopped or has crashed, or that shows a dialog, does not, and a client that
 * gets to know it waits for it: Playwright for ever.
 *
 * A question stays open until it is answered, so that one wedged page costs
 * the first client the time of the limit, and the next ones nothing.
 */
export class Responsiveness {
  /** Called when a target has answered, in time or not. */
  onAnswer: ((targetId: string) => void) | undefined
  readonly #control: Control
  readonly #probes = new Map<string, Probe>()

  constructor(control: Control) {
    this.#control = control
  }

  /**
   * The ids of those targets that do not answer within 1.5 seconds. Settles as
   * soon as all the others have.
   *
   * @param matters Whether a target is to be asked at all.
   */
  async findUnresponsive(matters: (target: TargetInfo) => boolean): Promise<string[]> {
    const { targetInfos } = await this.#control.command<{ targetInfos: TargetInfo[] }>(
      'Target.getTargets',
    )
    const asked = targetInfos.filter((target) => canBeAsked(target) && matters(target))
    const targetIds = asked.map(({ targetId }) => targetId)
    await Promise.all(targetIds.map((targetId) => this.#settle(targetId)))
    return targetIds.filter((targetId) => this.isSilent(targetId))
  }

  /** Whether a target was asked and has not answered yet. */
  isSilent(targetId: string): boolean {
    return this.#probes.has(targetId)
  }

  /** Settles when a target has answered, or its time is over. */
  async #settle(targetId: string): Promise<void> {
    const probe = this.#probes.get(targetId) ?? this.#ask(targetId)
    const left = answerLimit - (performance.now() - probe.askedAt)
    if (left <= 0) return
    let timer: NodeJS.Timeout | undefined
    const timeout = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, left)
    })
    await Promise.race([probe.over, timeout])
    clearTimeout(timer)
  }

  #ask(targetId: string): Probe {
    const { promise, resolve } = Promise.withResolvers<void>()
    const probe: Probe = {
      askedAt: performance.now(),
      over: promise,
      end: (outcome) => {
        if (this.#probes.get(targetId) !== probe) return
        this.#probes.delete(targetId)
        resolve()
        if (outcome === 'answered') this.onAnswer?.(targetId)
      },
    }
    this.#probes.set(targetId, probe)
    void this.#evaluate(targetId, probe)
    return probe
  }

  async #evaluate(targetId: string, probe: Probe): Promise<void> {
    try {
      const { sessionId } = await this.#control.command<{ sessionId: string }>(
        'Target.attachToTarget',
        { targetId, flatten: true },
      )
      const options = { sessionId, deadline: Infinity }
      await this.#control.command('Runtime.evaluate', { expression: '0' }, options).catch(isAnswer)
      probe.end('answered')
      await this.#control.command('Target.detachFromTarget', { sessionId })
    } catch {
      // It was closed meanwhile, or the browser is gone.
      probe.end('gone')
    }
  }
}

/** A target that refuses the question has answered it; one that is gone has not. */
function isAnswer(error: unknown): void {
  if (error instanceof CdpCommandError && error.code !== cdpErrorCode.sessionNotFound) return
  throw error
}

/** Pages, and frames in processes of their own. Workers answer to those who opened them only. */
function canBeAsked({ type }: TargetInfo): boolean {
  return type === 'page' || type === 'iframe'
}
