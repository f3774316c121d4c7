import { randomBytes, randomUUID, timingSafeEqual } from 'node:crypto'
import type { EndReason } from '@tandem-browser/core'
import { InternalClient } from '../cdp/internal-client.ts'
import type { CdpMessage } from '../cdp/message.ts'
import type { CdpMultiplexer } from '../cdp/multiplexer.ts'
import { actInBrowser } from './act-in-browser.ts'
import type { ControlLock, ControlState } from './control-lock.ts'
import { ControlHeldError } from './control-error.ts'
import type { Frame } from './frame.ts'
import { type LiveEvent, LiveEvents } from './live-events.ts'
import { LivePage } from './live-page.ts'
import { LiveTabs } from './live-tabs.ts'
import { Screencasts } from './screencasts.ts'
import { type Tier, Viewer, type ViewerSocket } from './viewer.ts'
import { type ActingMessage, parseViewerMessage } from './viewer-messages.ts'
import type { ControlNews, LivePageState, PagePicker, ViewerNews } from './viewer-news.ts'

/** What a viewer's connection gives to the live view, and gets from it. */
export interface JoinedViewer {
  /** Takes a message of the viewer. */
  receive(text: string): void
  /** The viewer is gone. */
  leave(): void
}

export interface Joining {
  interactive: boolean
  /** The id that it had before its connection broke. */
  returning?: string | undefined
}

/** More people than may watch one session. */
export class ViewerLimitError extends Error {
  override name = 'ViewerLimitError'

  constructor() {
    super(`This session has ${maximumViewers} viewers already. Close one of them first.`)
  }
}

/** Viewers of one session at the most. */
const maximumViewers = 20

export interface LiveViewOptions {
  cdp: CdpMultiplexer
  control: ControlLock
  /** A person acted: somebody uses the session. */
  onInput: () => void
  /** Where the browser finds a file that a viewer has brought. */
  pathOf: (name: string) => string
}

/**
 * What people see of one session, and do in it. It costs nothing while nobody looks; whoever looks gets
 * the tab that is worked on. However many look, Chromium draws each picture once for each quality.
 */
export class LiveView {
  readonly #options: LiveViewOptions
  readonly #viewers = new Set<Viewer>()
  readonly #tabs = new LiveTabs()
  readonly #casts = new Screencasts((tier, frame) => this.#show(tier, frame))
  readonly #uploadTokens = new Map<Viewer, string>()
  #connecting: Promise<InternalClient> | undefined
  #client: InternalClient | undefined
  #page: LivePage | undefined
  #pageState: LivePageState | undefined
  #picker: PagePicker | undefined
  #chooser: { id: number; multiple: boolean } | undefined
  #state: 'live' | 'no_page' | 'crashed' = 'live'
  #lastDriven: string | undefined
  readonly #events = new LiveEvents()
  #closed = false

  constructor(options: LiveViewOptions) {
    this.#options = options
    options.cdp.onDrive = (targetId) => {
      this.#lastDriven = targetId
      if (this.#client) this.#tabs.activate(targetId)
    }
    options.control.onChange = (state) => {
      options.cdp.held = state.driver === 'human'
      this.#tellControl(state)
      this.#events.emit({ type: 'control', state })
    }
    this.#tabs.onChange = () => this.#follow()
  }

  /** Screencasts that run. */
  get castCount(): number {
    return this.#casts.count
  }

  /**
   * Lets a viewer in.
   *
   * @throws ViewerLimitError
   */
  join(socket: ViewerSocket, { interactive, returning }: Joining): JoinedViewer {
    if (this.#viewers.size >= maximumViewers) throw new ViewerLimitError()
    const { control } = this.#options
    // A name that somebody else has is not given twice.
    const known = [...this.#viewers].some(({ id }) => id === returning)
    const id = returning !== undefined && !known ? returning : randomUUID()
    const viewer = new Viewer(id, interactive, socket)
    viewer.onReady = () => this.#casts.next(viewer.tier)
    viewer.onTier = () => this.#follow()
    this.#viewers.add(viewer)
    const uploadToken = randomBytes(24).toString('base64url')
    if (interactive) this.#uploadTokens.set(viewer, uploadToken)
    viewer.tell({
      type: 'hello',
      viewer: id,
      interactive,
      ...(interactive ? { uploadToken } : {}),
    })
    control.returned(id)
    this.#tellControl(control.state)
    this.#events.emit(this.#count())
    this.#showAll(viewer)
    void this.#connect().then(
      () => this.#follow(),
      () => {},
    )
    return {
      receive: (text) => this.#receive(viewer, text),
      leave: () => this.#leave(viewer),
    }
  }

  /** Whether that token is an interactive viewer's who is connected. */
  mayUpload(token: string): boolean {
    const given = Buffer.from(token)
    return [...this.#uploadTokens.values()].some((right) => {
      const own = Buffer.from(right)
      return own.length === given.length && timingSafeEqual(own, given)
    })
  }

  /** Tells every viewer why it is over, and lets go of the browser. May be called again. */
  close(endReason: EndReason): void {
    if (this.#closed) return
    this.#closed = true
    this.#options.control.close()
    for (const viewer of this.#viewers) {
      viewer.tell({ type: 'ended', endReason })
      viewer.close(1000, 'The session has ended.')
    }
    this.#viewers.clear()
    this.#uploadTokens.clear()
    this.#rest()
    this.#events.emit({ type: 'ended', endReason })
  }

  /**
   * Calls back with what is, and then with what changes.
   *
   * @returns Ends the calls.
   */
  watch(listener: (event: LiveEvent) => void): () => void {
    listener({ type: 'control', state: this.#options.control.state })
    listener(this.#count())
    return this.#events.watch(listener)
  }

  #count(): LiveEvent {
    const interactive = [...this.#viewers].filter((viewer) => viewer.interactive).length
    return { type: 'viewers', watching: this.#viewers.size - interactive, interactive }
  }

  #leave(viewer: Viewer): void {
    viewer.close(1000, 'Goodbye.')
    if (!this.#viewers.delete(viewer)) return
    this.#uploadTokens.delete(viewer)
    this.#options.control.left(viewer.id)
    this.#tellControl(this.#options.control.state)
    this.#events.emit(this.#count())
    if (this.#viewers.size === 0) this.#rest()
    else this.#follow()
  }

  #receive(viewer: Viewer, text: string): void {
    const message = parseViewerMessage(text, viewer.interactive)
    if (!message) {
      viewer.tell({ type: 'problem', message: 'That is no message of a viewer like this one.' })
    } else if (message.type === 'seen') viewer.seen(message.sequence)
    else if (message.type === 'echo') viewer.tell(message)
    else if (message.type === 'pace') viewer.pace(message.frameRate, message.quality)
    else this.#act(viewer, message)
  }

  /** Only an interactive viewer's messages come here: those of others are not understood. */
  #act(viewer: Viewer, message: ActingMessage): void {
    const { control, onInput } = this.#options
    onInput()
    if (message.type === 'takeOver') {
      this.#takeOver(viewer, message.force)
      return
    }
    if (message.type === 'handBack') {
      control.handBack(viewer.id)
      return
    }
    if (control.held && !control.isHeldBy(viewer.id)) {
      // Moves of the mouse are many, and nobody meant anything by them.
      if (message.type !== 'mouse' || message.action !== 'move') {
        viewer.tell({ type: 'problem', message: new ControlHeldError().message })
      }
      return
    }
    control.use(viewer.id)
    const client = this.#client
    if (!client) return
    const place = { client, tabs: this.#tabs, page: this.#page, pathOf: this.#options.pathOf }
    void actInBrowser(message, place, (news) => viewer.tell(news)).catch(() => {
      viewer.tell({ type: 'problem', message: 'The page did not do that.' })
    })
  }

  #takeOver(viewer: Viewer, force: boolean): void {
    try {
      this.#options.control.take({ viewer: viewer.id, force })
    } catch (error) {
      if (!(error instanceof ControlHeldError)) throw error
      viewer.tell({ type: 'problem', message: error.message })
    }
  }

  /** Connects to the browser for as long as somebody looks. */
  async #connect(): Promise<InternalClient> {
    this.#connecting ??= InternalClient.connect(this.#options.cdp, { seesAll: true })
    const connecting = this.#connecting
    const client = await connecting
    if (this.#connecting !== connecting || this.#closed) {
      client.close()
      return client
    }
    if (this.#client !== client) {
      this.#client = client
      client.onEvent = (event) => this.#observe(event)
      await client.send('Target.setDiscoverTargets', { discover: true })
      if (this.#lastDriven !== undefined) this.#tabs.activate(this.#lastDriven)
    }
    return client
  }

  /** Lets go of the browser: nobody looks. */
  #rest(): void {
    this.#casts.stop()
    this.#page?.close()
    this.#page = undefined
    this.#pageState = undefined
    this.#client?.close()
    this.#client = undefined
    this.#connecting = undefined
    // The next one to look learns of them anew.
    for (const { id } of this.#tabs.all) {
      this.#tabs.observe({ method: 'Target.targetDestroyed', params: { targetId: id } })
    }
  }

  #observe(event: CdpMessage): void {
    if (event.sessionId === undefined) {
      this.#tabs.observe(event)
      return
    }
    if (event.method === 'Inspector.targetReloadedAfterCrash') this.#restart()
    if (event.sessionId === this.#page?.sessionId) this.#page.receive(event)
    this.#casts.receive(event)
  }

  /** Makes what is shown that which is worked on, in the qualities that viewers want. */
  #follow(): void {
    const client = this.#client
    if (!client || this.#closed || this.#viewers.size === 0) return
    const active = this.#tabs.active
    this.#tell({ type: 'tabs', tabs: this.#tabs.all, active: active?.id })
    if (active?.id !== this.#page?.targetId) this.#turnTo(client, active?.id)
    else if (active && this.#pageState) this.#page?.refresh()
    if (this.#page) this.#page.intercepts = [...this.#viewers].some((viewer) => viewer.interactive)
    this.#castAsWanted(client)
  }

  #turnTo(client: InternalClient, targetId: string | undefined): void {
    this.#casts.stop()
    this.#page?.close()
    this.#page = undefined
    this.#pageState = undefined
    this.#setPicker(undefined)
    this.#setChooser(undefined)
    this.#tell({ type: 'dialog', dialog: undefined })
    this.#setState(targetId === undefined ? 'no_page' : 'live')
    if (targetId === undefined) return
    const page: LivePage = new LivePage(client, targetId, {
      onState: (state) => {
        if (this.#page !== page) return
        this.#pageState = state
        this.#tell({ type: 'page', ...state })
      },
      onLoad: () => this.#page === page && this.#casts.documentLoaded(),
      onCrash: () => this.#page === page && this.#setState('crashed'),
      onDialog: (dialog) => this.#page === page && this.#tell({ type: 'dialog', dialog }),
      onPicker: (picker) => this.#page === page && this.#setPicker(picker),
      onChooser: (chooser) => this.#page === page && this.#setChooser(chooser),
    })
    this.#page = page
    // A page behind others is not drawn.
    client.send('Target.activateTarget', { targetId }).catch(() => {})
    page.open().catch(() => {})
  }

  #castAsWanted(client: InternalClient): void {
    if (!this.#page) return
    const wanted = new Set([...this.#viewers].map((viewer) => viewer.tier))
    this.#casts.want(wanted, client, this.#page.targetId)
  }

  #show(tier: Tier, frame: Frame): void {
    this.#setState('live')
    const viewers = [...this.#viewers].filter((viewer) => viewer.tier === tier)
    for (const viewer of viewers) {
      viewer.lead = this.#casts.delay(tier)
      viewer.show(frame)
    }
    if (viewers.some((viewer) => viewer.ready)) this.#casts.next(tier)
  }

  /** The page has come back from a crash. */
  #restart(): void {
    this.#casts.stop()
    this.#setState('live')
    if (this.#client) this.#castAsWanted(this.#client)
  }

  /** Shows a viewer that has just come all that the others have seen before. */
  #showAll(viewer: Viewer): void {
    if (!this.#client) return
    viewer.tell({ type: 'tabs', tabs: this.#tabs.all, active: this.#tabs.active?.id })
    viewer.tell({ type: 'state', state: this.#state })
    if (this.#pageState) viewer.tell({ type: 'page', ...this.#pageState })
    if (this.#page?.dialog) viewer.tell({ type: 'dialog', dialog: this.#page.dialog })
    if (viewer.interactive) {
      if (this.#picker) viewer.tell({ type: 'picker', picker: this.#picker })
      if (this.#chooser) viewer.tell({ type: 'chooser', chooser: this.#chooser })
    }
    const frame = this.#casts.latest(viewer.tier)
    if (frame) viewer.show(frame)
  }

  #setState(state: 'live' | 'no_page' | 'crashed'): void {
    if (state === this.#state) return
    this.#state = state
    this.#tell({ type: 'state', state })
  }

  #setPicker(picker: PagePicker | undefined): void {
    if (this.#picker === undefined && picker === undefined) return
    this.#picker = picker
    this.#tellInteractive({ type: 'picker', picker })
  }

  #setChooser(chooser: { id: number; multiple: boolean } | undefined): void {
    if (this.#chooser === undefined && chooser === undefined) return
    this.#chooser = chooser
    this.#tellInteractive({ type: 'chooser', chooser })
  }

  #tellControl(state: ControlState): void {
    for (const viewer of this.#viewers) {
      const control: ControlNews =
        state.driver === 'agent'
          ? state
          : {
              driver: 'human',
              you: this.#options.control.isHeldBy(viewer.id),
              mode: state.mode,
              since: state.since,
              until: state.until,
            }
      viewer.tell({ type: 'control', control, viewers: this.#viewers.size })
    }
  }

  #tell(news: ViewerNews): void {
    for (const viewer of this.#viewers) viewer.tell(news)
  }

  #tellInteractive(news: ViewerNews): void {
    for (const viewer of this.#viewers) if (viewer.interactive) viewer.tell(news)
  }
}
