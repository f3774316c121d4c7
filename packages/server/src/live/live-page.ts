import type { InternalClient } from '../cdp/internal-client.ts'
import type { CdpMessage } from '../cdp/message.ts'
import { PageInput, type SendToPage } from './page-input.ts'
import { Pickers } from './picker.ts'
import type { LivePageState, PageDialog, PagePicker } from './viewer-news.ts'

/** Whom a page tells what has come about in it. */
export interface LivePageEvents {
  onState(state: LivePageState): void
  /** Another document is there. */
  onLoad(): void
  onCrash(): void
  onDialog(dialog: PageDialog | undefined): void
  onPicker(picker: PagePicker | undefined): void
  onChooser(chooser: { id: number; multiple: boolean } | undefined): void
}

/** Bytes of the longest text that is copied out of a page. */
const maximumClipboard = 1_000_000

/** Milliseconds that a page may take to give what was asked of it. */
const answerDeadline = 3_000

/**
 * The page that viewers see, beside its pictures: where it is, what it asks for, and a person's hand on
 * it. It belongs to one DevTools session of its own.
 */
export class LivePage {
  readonly targetId: string
  readonly #client: InternalClient
  readonly #events: LivePageEvents
  readonly #send: SendToPage
  readonly #pickers: Pickers
  readonly input: PageInput
  #sessionId: string | undefined
  #closed = false
  #loading = false
  #dialog: PageDialog | undefined
  #chooser: { id: number; backendNodeId: number } | undefined
  #lastChooser = 0
  #intercepts = false

  constructor(client: InternalClient, targetId: string, events: LivePageEvents) {
    this.targetId = targetId
    this.#client = client
    this.#events = events
    this.#send = (method, params = {}) => this.#client.send(method, params, this.#sessionId)
    this.#pickers = new Pickers(this.#send)
    this.input = new PageInput(this.#send, (x, y) => this.#beforePress(x, y))
  }

  get sessionId(): string | undefined {
    return this.#sessionId
  }

  get dialog(): PageDialog | undefined {
    return this.#dialog
  }

  /** @throws CdpCommandError when the page is gone, BrowserGoneError */
  async open(): Promise<void> {
    const { sessionId } = await this.#client.send<{ sessionId: string }>('Target.attachToTarget', {
      targetId: this.targetId,
      flatten: true,
    })
    this.#sessionId = sessionId
    if (this.#closed) {
      this.#detach(sessionId)
      return
    }
    // Not awaited: a page that does not answer is shown all the same.
    for (const method of ['Page.enable', 'Inspector.enable', 'DOM.enable']) this.#ask(method)
    this.#ask('Page.setInterceptFileChooserDialog', { enabled: this.#intercepts })
    this.refresh()
  }

  /** Whether files that the page asks for come from a person. */
  set intercepts(intercepts: boolean) {
    if (intercepts === this.#intercepts) return
    this.#intercepts = intercepts
    if (this.#sessionId !== undefined) {
      this.#ask('Page.setInterceptFileChooserDialog', { enabled: intercepts })
    }
  }

  /** Takes an event of its DevTools session. */
  receive({ method, params = {} }: CdpMessage): void {
    switch (method) {
      case 'Page.frameStartedLoading':
      case 'Page.frameStoppedLoading':
        if (params['frameId'] === this.targetId) this.#setLoading(method.includes('Started'))
        return
      case 'Page.frameNavigated':
        if ((params['frame'] as { parentId?: string }).parentId === undefined) {
          this.#closePicker()
          this.refresh()
        }
        return
      case 'Page.navigatedWithinDocument':
        this.refresh()
        return
      case 'Page.loadEventFired':
        this.#events.onLoad()
        this.refresh()
        return
      case 'Page.javascriptDialogOpening':
        this.#setDialog({
          kind: params['type'] as PageDialog['kind'],
          message: textOf(params['message']),
          value: textOf(params['defaultPrompt']),
        })
        return
      case 'Page.javascriptDialogClosed':
        this.#setDialog(undefined)
        return
      case 'Page.fileChooserOpened':
        this.#openChooser(params)
        return
      case 'Inspector.targetCrashed':
        this.#events.onCrash()
        return
      default:
    }
  }

  /** Tells where the page is. */
  refresh(): void {
    void this.#send<History>('Page.getNavigationHistory')
      .then(({ currentIndex, entries }) => {
        const entry = entries[currentIndex]
        if (!entry || this.#closed) return
        this.#events.onState({
          url: entry.url,
          title: entry.title,
          loading: this.#loading,
          canGoBack: currentIndex > 0,
          canGoForward: currentIndex < entries.length - 1,
        })
      })
      .catch(() => {})
  }

  navigate(url: string): void {
    this.#ask('Page.navigate', { url })
  }

  reload(): void {
    this.#ask('Page.reload')
  }

  stop(): void {
    this.#ask('Page.stopLoading')
  }

  /** Goes one page back or forward. */
  async go(delta: -1 | 1): Promise<void> {
    const { currentIndex, entries } = await this.#send<History>('Page.getNavigationHistory')
    const entry = entries[currentIndex + delta]
    if (entry) this.#ask('Page.navigateToHistoryEntry', { entryId: entry.id })
  }

  answer(accept: boolean, promptText: string | undefined): void {
    const text = promptText === undefined ? {} : { promptText }
    this.#ask('Page.handleJavaScriptDialog', { accept, ...text })
  }

  async pick(id: number, values: readonly string[] | undefined): Promise<void> {
    this.#events.onPicker(undefined)
    if (values === undefined) this.#pickers.forget()
    else await this.#pickers.pick(id, values)
  }

  /** The text that is selected in the page; the secret of a password field is none. */
  async copy(cut: boolean): Promise<string> {
    const { frameTree } = await this.#send<{ frameTree: { frame: { id: string } } }>(
      'Page.getFrameTree',
    )
    const { executionContextId } = await this.#send<{ executionContextId: number }>(
      'Page.createIsolatedWorld',
      { frameId: frameTree.frame.id, worldName: 'tandem-clipboard' },
    )
    const { result } = await this.#send<{ result: { value?: unknown } }>('Runtime.evaluate', {
      expression: `(${selectedText.toString()})(${maximumClipboard})`,
      contextId: executionContextId,
      returnByValue: true,
      timeout: answerDeadline,
    })
    const text = typeof result.value === 'string' ? result.value : ''
    if (cut && text !== '') {
      const key = { key: 'Delete', code: 'Delete', windowsVirtualKeyCode: 46 }
      this.#ask('Input.dispatchKeyEvent', { type: 'rawKeyDown', ...key })
      this.#ask('Input.dispatchKeyEvent', { type: 'keyUp', ...key })
    }
    return text
  }

  /** Gives files to the page that asked for them. */
  chooseFiles(chooser: number, files: readonly string[]): void {
    if (this.#chooser?.id !== chooser) return
    const { backendNodeId } = this.#chooser
    this.#chooser = undefined
    this.#events.onChooser(undefined)
    if (files.length > 0) this.#ask('DOM.setFileInputFiles', { backendNodeId, files })
  }

  /** Drops files onto a place of the page. */
  dropFiles(x: number, y: number, files: readonly string[]): void {
    const data = { items: [], files, dragOperationsMask: 1 }
    for (const type of ['dragEnter', 'dragOver', 'drop']) {
      this.#ask('Input.dispatchDragEvent', { type, x, y, data })
    }
  }

  /** Lets go of the page. May be called again. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    if (this.#sessionId !== undefined) this.#detach(this.#sessionId)
  }

  async #beforePress(x: number, y: number): Promise<'press' | 'instead'> {
    // A dialog is answered first; nothing else reaches the page.
    if (this.#dialog) return 'press'
    const picker = await this.#pickers.openAt(x, y)
    this.#events.onPicker(picker)
    return picker ? 'instead' : 'press'
  }

  #closePicker(): void {
    this.#pickers.forget()
    this.#events.onPicker(undefined)
  }

  #setLoading(loading: boolean): void {
    this.#loading = loading
    this.refresh()
  }

  #setDialog(dialog: PageDialog | undefined): void {
    this.#dialog = dialog
    this.#events.onDialog(dialog)
  }

  #openChooser({ mode, backendNodeId }: Record<string, unknown>): void {
    if (typeof backendNodeId !== 'number') return
    this.#lastChooser += 1
    this.#chooser = { id: this.#lastChooser, backendNodeId }
    this.#events.onChooser({ id: this.#lastChooser, multiple: mode === 'selectMultiple' })
  }

  #detach(sessionId: string): void {
    this.#client.send('Target.detachFromTarget', { sessionId }).catch(() => {})
  }

  #ask(method: string, params: Record<string, unknown> = {}): void {
    this.#send(method, params).catch(() => {})
  }
}

interface History {
  currentIndex: number
  entries: { id: number; url: string; title: string }[]
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, 10_000) : ''
}

/** Runs in the page, in a world of its own. */
function selectedText(maximum: number): string {
  type Active = { type?: string; value?: string; selectionStart?: number; selectionEnd?: number }
  const page = globalThis as unknown as {
    document: { activeElement: Active | null }
    getSelection(): { toString(): string } | null
  }
  const active = page.document.activeElement
  if (active?.type === 'password') return ''
  if (typeof active?.value === 'string' && typeof active.selectionStart === 'number') {
    return active.value.slice(active.selectionStart, active.selectionEnd).slice(0, maximum)
  }
  return (page.getSelection()?.toString() ?? '').slice(0, maximum)
}
