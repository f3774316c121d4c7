import type { CdpMessage } from './message.ts'
import type { TargetInfo } from './targets.ts'

/** What is kept of a target until its client may see it. */
interface WithheldTarget {
  /** The target whose answer it waits for: itself, its page, or the page in it. */
  waitsFor: string
  /** Announcements of it, by the session that asked for them. */
  created: Map<string, CdpMessage>
  /** Sessions that Chromium opened for the client, by their ids. */
  sessions: Map<string, CdpMessage>
}

/** A tab that the client has a session of. */
interface Tab {
  attached: CdpMessage
  info: TargetInfo
}

/**
 * Targets that one client does not see, because they would not answer it. Their
 * sessions stay open, so that the client may have them when they answer.
 */
export class WithheldTargets {
  readonly #targets: Map<string, WithheldTarget>
  /** The tabs that the client sees, by their sessions. */
  readonly #tabs = new Map<string, Tab>()

  constructor(targetIds: string[]) {
    this.#targets = new Map(targetIds.map((targetId) => [targetId, withheld(targetId)]))
  }

  /** How many there are, without what belongs to them. */
  get unresponsive(): number {
    return [...this.#targets].filter(([targetId, { waitsFor }]) => waitsFor === targetId).length
  }

  has(info: TargetInfo): boolean {
    return this.#find(info) !== undefined
  }

  /** Keeps the news of a target, if that is withheld. */
  takeNews(message: CdpMessage, info: TargetInfo): boolean {
    const target = this.#find(info)
    if (!target) return false
    const session = String(message.sessionId)
    const known = target.created.get(session)
    if (known) target.created.set(session, { ...known, params: message.params ?? {} })
    else if (message.method === 'Target.targetCreated') target.created.set(session, message)
    return true
  }

  /**
   * Keeps the session that is announced, if its target is withheld.
   *
   * @returns What the client gets instead: the end of the tab, if the target is
   *   the page in it. Clients such as Puppeteer wait for the page of each tab.
   */
  takeSession(message: CdpMessage, info: TargetInfo): CdpMessage[] | undefined {
    const child = String(message.params?.['sessionId'])
    const target = this.#find(info) ?? this.#besideWithheld(message, info)
    if (!target) {
      if (info.type === 'tab') this.#tabs.set(child, { attached: message, info })
      return undefined
    }
    target.sessions.set(child, message)
    const tab = this.#tabs.get(String(message.sessionId))
    return tab ? this.#withdraw(String(message.sessionId), tab, target.waitsFor) : []
  }

  /** A session has ended; whether the client does not know of it. */
  dropSession(sessionId: string): boolean {
    this.#tabs.delete(sessionId)
    return [...this.#targets.values()].some(({ sessions }) => sessions.delete(sessionId))
  }

  /** A target is gone; whether the client does not know of it. */
  dropTarget(targetId: string): boolean {
    return this.#targets.delete(targetId)
  }

  /** What the client missed of the targets that waited for one which now answers. */
  release(answering: string): CdpMessage[] {
    const released = [...this.#targets].filter(([, { waitsFor }]) => waitsFor === answering)
    for (const [targetId] of released) this.#targets.delete(targetId)
    const messages = released.flatMap(([, { created, sessions }]) => [
      ...created.values(),
      ...sessions.values(),
    ])
    // Through the session of a tab comes that of its page.
    const parents = new Set(messages.map(({ sessionId }) => sessionId))
    const isParent = ({ params }: CdpMessage): boolean => parents.has(String(params?.['sessionId']))
    for (const message of messages) {
      const info = message.params?.['targetInfo'] as TargetInfo
      if (message.method !== 'Target.attachedToTarget' || info.type !== 'tab') continue
      this.#tabs.set(String(message.params?.['sessionId']), { attached: message, info })
    }
    return [...messages.filter(isParent), ...messages.filter((message) => !isParent(message))]
  }

  /** What belongs to a withheld target is withheld with it. */
  #find({ targetId, parentId }: TargetInfo): WithheldTarget | undefined {
    const target = this.#targets.get(targetId)
    if (target || parentId === undefined) return target
    const parent = this.#targets.get(parentId)
    return parent ? this.#add(targetId, parent.waitsFor) : undefined
  }

  /** What else is in a tab that was withdrawn. */
  #besideWithheld({ sessionId }: CdpMessage, info: TargetInfo): WithheldTarget | undefined {
    for (const { waitsFor, sessions } of this.#targets.values()) {
      if (sessions.has(String(sessionId))) return this.#add(info.targetId, waitsFor)
    }
    return undefined
  }

  #withdraw(sessionId: string, { attached, info }: Tab, waitsFor: string): CdpMessage[] {
    this.#tabs.delete(sessionId)
    const tab = this.#add(info.targetId, waitsFor)
    tab.sessions.set(sessionId, attached)
    const { sessionId: root } = attached
    const created = { method: 'Target.targetCreated', params: { targetInfo: info } }
    const detached = { sessionId, targetId: info.targetId }
    const around = root === undefined ? {} : { sessionId: root }
    tab.created.set(String(root), { ...created, ...around })
    return [
      { method: 'Target.detachedFromTarget', params: detached, ...around },
      { method: 'Target.targetDestroyed', params: { targetId: info.targetId }, ...around },
    ]
  }

  #add(targetId: string, waitsFor: string): WithheldTarget {
    const target = withheld(waitsFor)
    this.#targets.set(targetId, target)
    return target
  }
}

function withheld(waitsFor: string): WithheldTarget {
  return { waitsFor, created: new Map(), sessions: new Map() }
}
