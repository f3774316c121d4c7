import { nextTicket } from './ticket.js'

/** Milliseconds until a connection that was lost is tried again, each time longer. */
const pauses = [100, 300, 600, 1_200, 2_500, 5_000]

/** Milliseconds between questions whether the connection still works, and until the answer. */
const echoInterval = 3_000
const echoDeadline = 6_000

/** The same for the first answer: it comes behind a picture of full size, on a line of unknown speed. */
const firstEchoDeadline = 45_000

/**
 * How the connection is: `ended` says why the session is over, `refused` why there will be none.
 *
 * @typedef {{ state: 'connecting' | 'open' | 'reconnecting' }
 *   | { state: 'ended', endReason: string }
 *   | { state: 'refused', message: string }} ConnectionState
 */

/** The connection to a live view. It comes back by itself, under the name that it had. */
export class Connection {
  /** @type {(state: ConnectionState) => void} */
  onState = () => {}
  /** @type {(news: any) => void} */
  onNews = () => {}
  /** @type {(data: ArrayBuffer) => void} */
  onFrame = () => {}
  #base
  #token
  /** @type {WebSocket | undefined} */
  #socket
  /** @type {string | undefined} */
  #viewer
  #attempt = 0
  #over = false
  #wasOpen = false
  #hasPicture = false
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #retry
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #echo

  /**
   * @param {string} base The address of the live view, without its token.
   * @param {string} token
   */
  constructor(base, token) {
    this.#base = base
    this.#token = token
    window.addEventListener('online', () => this.#again(0))
    // The connection may seem to live on for minutes.
    window.addEventListener('offline', () => this.#drop())
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden && this.#socket === undefined) this.#again(0)
    })
  }

  /** @param {Record<string, unknown>} message */
  send(message) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message))
  }

  async open() {
    if (this.#over) return
    this.#tell({ state: this.#wasOpen ? 'reconnecting' : 'connecting' })
    /** @type {Response} */
    let response
    try {
      response = await nextTicket(this.#token)
    } catch {
      this.#again()
      return
    }
    const body = await response.json().catch(() => ({}))
    if (response.ok) this.#connect(body.ticket)
    else if (response.status === 410) this.#end(body.details?.endReason ?? 'released')
    else if (response.status >= 500 || response.status === 429) this.#again()
    else this.#refuse(body.error ?? `The server answered ${response.status}.`)
  }

  /** @param {string} ticket */
  #connect(ticket) {
    const address = new URL(`${this.#base}/socket`, location.href)
    address.protocol = address.protocol.replace('http', 'ws')
    address.searchParams.set('ticket', ticket)
    if (this.#viewer) address.searchParams.set('viewer', this.#viewer)
    const socket = new WebSocket(address)
    socket.binaryType = 'arraybuffer'
    this.#socket = socket
    this.#hasPicture = false
    socket.addEventListener('open', () => {
      this.#attempt = 0
      this.#wasOpen = true
      this.#tell({ state: 'open' })
      this.#ask()
    })
    socket.addEventListener('message', ({ data }) => {
      if (typeof data !== 'string') {
        this.#hasPicture = true
        this.onFrame(data)
        return
      }
      const news = JSON.parse(data)
      if (news.type === 'hello') this.#viewer = news.viewer
      if (news.type === 'echo') this.#ask(echoInterval)
      else if (news.type === 'ended') this.#end(news.endReason)
      else this.onNews(news)
    })
    socket.addEventListener('close', ({ code, reason }) => {
      if (this.#socket !== socket) return
      this.#lose()
      if (code === 1013) this.#refuse(reason)
      else this.#again()
    })
  }

  /**
   * Asks whether the connection still works: one that broke silently looks like a page that stands still.
   *
   * @param {number} [after]
   */
  #ask(after = 0) {
    clearTimeout(this.#echo)
    this.#echo = setTimeout(() => {
      this.send({ type: 'echo', value: 0 })
      const deadline = this.#hasPicture ? echoDeadline : firstEchoDeadline
      this.#echo = setTimeout(() => this.#drop(), deadline)
    }, after)
  }

  /** Gives up a connection that does not work, and tries another. */
  #drop() {
    const socket = this.#socket
    if (!socket) return
    this.#lose()
    socket.close()
    this.#again(0)
  }

  #lose() {
    clearTimeout(this.#echo)
    this.#socket = undefined
  }

  /** @param {number} [pause] */
  #again(pause = pauses[Math.min(this.#attempt, pauses.length - 1)]) {
    if (this.#over || this.#socket) return
    this.#tell({ state: this.#wasOpen ? 'reconnecting' : 'connecting' })
    this.#attempt += 1
    clearTimeout(this.#retry)
    this.#retry = setTimeout(() => void this.open(), pause)
  }

  /** @param {string} endReason */
  #end(endReason) {
    this.#over = true
    this.#lose()
    this.#tell({ state: 'ended', endReason })
  }

  /** @param {string} message */
  #refuse(message) {
    this.#over = true
    this.#lose()
    this.#tell({ state: 'refused', message })
  }

  /** @param {ConnectionState} state */
  #tell(state) {
    if (!this.#over || state.state === 'ended' || state.state === 'refused') this.onState(state)
  }
}
