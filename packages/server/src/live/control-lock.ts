import { ControlHeldError, HumanInControlError } from './control-error.ts'

/** What becomes of executions that come while a person has the browser. */
export type ControlMode = 'wait' | 'refuse'

/** Who drives the browser. Times are milliseconds since 1970. */
export type ControlState =
  | { driver: 'agent' }
  | {
      driver: 'human'
      mode: ControlMode
      since: number
      /** When it is handed back by itself. */
      until: number
      /** Whether the person came by a live view; else a call of the API speaks for him. */
      byViewer: boolean
    }

/** Somebody who wants the browser for himself. */
export interface Taking {
  /** The viewer's id; undefined for a call of the API. */
  viewer?: string | undefined
  /** Default: wait. */
  mode?: ControlMode | undefined
  /** Milliseconds until it is handed back by itself, unless it is taken again. Default: 10 minutes. */
  limit?: number | undefined
  /** Whether to take it from another person. */
  force?: boolean | undefined
}

/** Milliseconds that a person keeps the browser without asking for it again. */
const defaultLimit = 600_000

/** Milliseconds that the browser waits for a person whose connection broke. */
const reconnectGrace = 15_000

/**
 * Who drives a session's browser: its agents, or one person alone. Taking it holds what agents do,
 * handing it back lets that go on; a person who is gone hands it back by being gone.
 */
export class ControlLock {
  /** Called with every change of who drives. */
  onChange: ((state: ControlState) => void) | undefined
  readonly #listeners = new Set<(held: boolean) => void>()
  #state: ControlState = { driver: 'agent' }
  #viewer: string | undefined
  #limit = defaultLimit
  #timer: NodeJS.Timeout | undefined

  get state(): ControlState {
    return this.#state
  }

  /** Whether a person has the browser, so that agents wait. */
  get held(): boolean {
    return this.#state.driver === 'human'
  }

  /** Whether that viewer has the browser. */
  isHeldBy(viewer: string): boolean {
    return this.held && this.#viewer === viewer
  }

  /**
   * Gives the browser to a person. Again by the same one, it is for longer.
   *
   * @throws ControlHeldError when another person has it
   */
  take({ viewer, mode = 'wait', limit = defaultLimit, force = false }: Taking): ControlState {
    const before = this.#state
    if (before.driver === 'human' && this.#viewer !== viewer && !force) throw new ControlHeldError()
    const now = Date.now()
    const since = before.driver === 'human' && this.#viewer === viewer ? before.since : now
    this.#viewer = viewer
    this.#limit = limit
    this.#set({ driver: 'human', mode, since, until: now + limit, byViewer: viewer !== undefined })
    this.#handBackIn(limit)
    return this.#state
  }

  /**
   * Gives the browser back to the agents. May be called again.
   *
   * @param viewer Hands back only what that viewer has.
   */
  handBack(viewer?: string): ControlState {
    if (viewer === undefined || this.isHeldBy(viewer)) {
      clearTimeout(this.#timer)
      this.#viewer = undefined
      if (this.held) this.#set({ driver: 'agent' })
    }
    return this.#state
  }

  /** The person did something: he keeps the browser. */
  use(viewer: string): void {
    if (this.#state.driver !== 'human' || !this.isHeldBy(viewer)) return
    this.#state = { ...this.#state, until: Date.now() + this.#limit }
    this.#timer?.refresh()
  }

  /** The connection of a viewer is gone: it may come back, for a while. */
  left(viewer: string): void {
    if (this.isHeldBy(viewer)) this.#handBackIn(reconnectGrace)
  }

  /** The viewer is there again. */
  returned(viewer: string): void {
    if (this.isHeldBy(viewer)) this.#handBackIn(this.#limit)
  }

  /**
   * Settles when agents may drive.
   *
   * @throws HumanInControlError when a person has the browser and nobody is to wait for him; the
   *   signal's reason when it is aborted
   */
  async pass(signal: AbortSignal): Promise<void> {
    this.checkRefusal()
    if (!this.held) return
    await new Promise<void>((resolve, reject) => {
      const end = (): void => {
        stop()
        signal.removeEventListener('abort', onAbort)
      }
      const onAbort = (): void => {
        end()
        reject(signal.reason as Error)
      }
      const stop = this.watch((held) => {
        if (held) return
        end()
        resolve()
      })
      signal.addEventListener('abort', onAbort, { once: true })
      if (signal.aborted) onAbort()
    })
  }

  /** @throws HumanInControlError when a person has the browser and nobody is to wait for him */
  checkRefusal(): void {
    if (this.#state.driver === 'human' && this.#state.mode === 'refuse') {
      throw new HumanInControlError()
    }
  }

  /**
   * Calls back when agents are held and when they may go on.
   *
   * @returns Ends the calls.
   */
  watch(listener: (held: boolean) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Nobody drives any more. */
  close(): void {
    clearTimeout(this.#timer)
    this.#listeners.clear()
    this.onChange = undefined
  }

  #handBackIn(milliseconds: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.handBack(), milliseconds)
  }

  #set(state: ControlState): void {
    const changed = state.driver !== this.#state.driver
    this.#state = state
    if (changed) for (const listener of [...this.#listeners]) listener(this.held)
    this.onChange?.(state)
  }
}
