import { CdpCommandError } from '../cdp/command-error.ts'
import type { CdpMultiplexer } from '../cdp/multiplexer.ts'
import { InternalClient } from '../cdp/internal-client.ts'
import type { CdpMessage } from '../cdp/message.ts'

/** What pages are to see in place of what the browser was started with. */
export interface Emulation {
  viewport?: Viewport | undefined
  userAgent?: UserAgent | undefined
  /** Preferred first. The first one is also that of dates and numbers. */
  languages?: readonly string[] | undefined
  /** Such as `Europe/Berlin`. */
  timezone?: string | undefined
  /** Whether certificates are taken that cannot be trusted. */
  anyCertificate?: boolean | undefined
}

export interface Viewport {
  /** CSS pixels. */
  width: number
  height: number
  /** Pixels of the screen for one of CSS. */
  scale: number
  /** Whether it is the screen of a telephone, which is touched. */
  mobile: boolean
}

export interface UserAgent {
  /** The whole `User-Agent` header. */
  text: string
  /** What `navigator.userAgentData` tells. */
  metadata: {
    platform: string
    platformVersion: string
    architecture: string
    model: string
    mobile: boolean
    brands: readonly { brand: string; version: string }[]
    fullVersionList: readonly { brand: string; version: string }[]
  }
}

type Command = [method: string, parameters: Record<string, unknown>]

/** Milliseconds until the pages that are there must have answered. */
const deadline = 10_000

/**
 * Milliseconds after which what belongs to a whole process is set again, when a
 * page has left that process: it is forgotten with the page, a while later.
 */
const repetitions = [0, 100, 500, 2_000]

/**
 * Has all pages of a browser see the same `Emulation`, with their frames,
 * workers and popups, for as long as the browser lives: what opens waits until
 * all of it is set. Workers that pages share still tell the browser's own
 * `navigator.userAgent`.
 */
export class EmulatedPages {
  readonly #emulation: Emulation
  readonly #client: InternalClient
  /** Kind of each target, by the DevTools session that it is reached by. */
  readonly #kinds = new Map<string, string>()
  readonly #applications = new Set<Promise<void>>()
  #repetition: NodeJS.Timeout | undefined

  private constructor(client: InternalClient, emulation: Emulation) {
    this.#client = client
    this.#emulation = emulation
    client.onEvent = (event) => this.#receive(event)
    client.onClose = () => clearTimeout(this.#repetition)
  }

  /**
   * Settles when the pages that are there see it.
   *
   * @throws CdpCommandError when the browser refuses a part of it, and an error
   *   when it does not answer
   */
  static async emulate(cdp: CdpMultiplexer, emulation: Emulation): Promise<void> {
    const client = await InternalClient.connect(cdp)
    const pages = new EmulatedPages(client, emulation)
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('A page does not answer.')), deadline)
    })
    try {
      await Promise.race([pages.#begin(), late])
    } catch (error) {
      client.close()
      throw error
    } finally {
      clearTimeout(timer)
    }
  }

  async #begin(): Promise<void> {
    // The targets that are there are announced before the answer.
    await this.#client.send('Target.setAutoAttach', {
      ...autoAttach,
      filter: [{ type: 'browser', exclude: true }, { type: 'tab', exclude: true }, {}],
    })
    await Promise.all(this.#applications)
  }

  #receive({ method, params }: CdpMessage): void {
    if (method === 'Target.attachedToTarget') {
      const { sessionId, targetInfo } = params as unknown as AttachedToTarget
      this.#kinds.set(sessionId, targetInfo.type)
      const application = this.#apply(sessionId, targetInfo.type).finally(() =>
        this.#applications.delete(application),
      )
      this.#applications.add(application)
      // Whoever begins waits for it; later, a target that fails is one that has gone.
      application.catch(() => {})
    } else if (method === 'Target.detachedFromTarget') {
      this.#kinds.delete(String(params?.['sessionId']))
      this.#repeat()
    } else if (method === 'Page.frameNavigated' && !hasParent(params)) {
      this.#repeat()
    }
  }

  async #apply(sessionId: string, kind: string): Promise<void> {
    const commands: Command[] = [
      ['Target.setAutoAttach', autoAttach],
      ...identityCommands(this.#emulation),
      ...(isFrame(kind) ? frameCommands(this.#emulation) : []),
      ...(kind === 'page' ? pageCommands(this.#emulation) : []),
      ...processCommands(this.#emulation),
      ['Runtime.runIfWaitingForDebugger', {}],
    ]
    // All at once: they are answered in this order, and the page waits for the last one.
    await Promise.all(commands.map((command) => this.#send(command, sessionId)))
  }

  async #send([method, parameters]: Command, sessionId: string): Promise<void> {
    try {
      await this.#client.send(method, parameters, sessionId)
    } catch (error) {
      // The first page of a process sets it for all of them.
      if (error instanceof CdpCommandError && error.message.includes('already in effect')) return
      throw error
    }
  }

  /** Sets again what a process may have forgotten with one of its pages. */
  #repeat(round = 0): void {
    const commands = processCommands(this.#emulation)
    const wait = repetitions[round]
    clearTimeout(this.#repetition)
    if (commands.length === 0 || wait === undefined) return
    this.#repetition = setTimeout(() => {
      for (const [sessionId, kind] of this.#kinds) {
        if (!isFrame(kind)) continue
        for (const command of commands) this.#send(command, sessionId).catch(() => {})
      }
      this.#repeat(round + 1)
    }, wait)
  }
}

interface AttachedToTarget {
  sessionId: string
  targetInfo: { type: string }
}

const autoAttach = { autoAttach: true, waitForDebuggerOnStart: true, flatten: true }

function isFrame(kind: string): boolean {
  return kind === 'page' || kind === 'iframe'
}

function hasParent(params: CdpMessage['params']): boolean {
  return (params?.['frame'] as { parentId?: string } | undefined)?.parentId !== undefined
}

/** What frames and workers tell of themselves, in scripts and in headers. */
function identityCommands({ userAgent, languages }: Emulation): Command[] {
  if (!userAgent && !languages) return []
  return [
    [
      'Emulation.setUserAgentOverride',
      {
        // An empty one leaves the browser's own.
        userAgent: userAgent?.text ?? '',
        ...(userAgent ? { userAgentMetadata: userAgent.metadata } : {}),
        ...(languages ? { acceptLanguage: languages.join(',') } : {}),
      },
    ],
  ]
}

/** What is set for a whole process, through any of its targets. */
function processCommands({ languages, timezone }: Emulation): Command[] {
  const [locale] = languages ?? []
  return [
    ...(locale ? [['Emulation.setLocaleOverride', { locale }] satisfies Command] : []),
    ...(timezone
      ? [['Emulation.setTimezoneOverride', { timezoneId: timezone }] satisfies Command]
      : []),
  ]
}

function frameCommands({ viewport, anyCertificate }: Emulation): Command[] {
  const commands: Command[] =
    anyCertificate === true ? [['Security.setIgnoreCertificateErrors', { ignore: true }]] : []
  if (!viewport) return commands
  const { mobile } = viewport
  return [
    ...commands,
    [
      'Emulation.setTouchEmulationEnabled',
      { enabled: mobile, ...(mobile ? { maxTouchPoints: 5 } : {}) },
    ],
  ]
}

function pageCommands({ viewport, ...emulation }: Emulation): Command[] {
  const commands: Command[] = processCommands(emulation).length > 0 ? [['Page.enable', {}]] : []
  if (!viewport) return commands
  const { width, height, scale, mobile } = viewport
  const portrait = height >= width
  return [
    ...commands,
    [
      'Emulation.setDeviceMetricsOverride',
      {
        ...{ width, height, screenWidth: width, screenHeight: height },
        deviceScaleFactor: scale,
        mobile,
        screenOrientation:
          portrait && mobile
            ? { type: 'portraitPrimary', angle: 0 }
            : { type: 'landscapePrimary', angle: mobile ? 90 : 0 },
      },
    ],
  ]
}
