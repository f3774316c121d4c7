import { byId, make } from './dom.js'

/** @type {Record<string, string>} */
const endings = {
  released: 'It was ended by whoever started it.',
  ttl: 'Its time was up.',
  idle: 'Nobody had used it for a while.',
  crashed: 'Its browser crashed.',
  out_of_memory: 'It used more memory than it is allowed.',
  out_of_disk: 'It used more disk than it is allowed.',
  server_shutdown: 'The server was stopped.',
  node_lost: 'Its machine was lost.',
}

/** Milliseconds that a problem stays on the screen. */
const problemDuration = 6_000

/** Says how it stands when the picture cannot. */
export class Status {
  #stage
  #pane = make('div', { className: 'status' })
  #toast = make('p', { className: 'toast', hidden: true })
  #announcement = byId('announcement')
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer

  /** @param {HTMLElement} stage */
  constructor(stage) {
    this.#stage = stage
    stage.append(this.#pane, this.#toast)
  }

  connecting() {
    this.#show('connecting', 'Connecting to the browser…', '', { spins: true })
  }

  reconnecting() {
    this.#show('reconnecting', 'The connection broke. Connecting again…', '', { spins: true })
  }

  waiting() {
    this.#show('waiting', 'Waiting for the first picture…', '', { spins: true })
  }

  noPage() {
    this.#show('no-page', 'No page is open', 'The picture appears with the next page.')
  }

  /** @param {(() => void) | undefined} reload */
  crashed(reload) {
    const text = 'The session goes on; the page can be loaded again.'
    const card = this.#show('crashed', 'This page crashed', text)
    if (!reload) return
    card.append(make('button', { type: 'button', className: 'main', onclick: reload }, 'Reload'))
  }

  /** @param {string} endReason */
  ended(endReason) {
    const why = endings[endReason] ?? `The reason is: ${endReason}.`
    const isExpired = endReason === 'ttl' || endReason === 'idle'
    const title = isExpired ? 'This session has expired' : 'This session has ended'
    this.#show(isExpired ? 'expired' : 'ended', title, why)
  }

  /** @param {string} message */
  refused(message) {
    this.#show('refused', 'This live view cannot be opened', message)
  }

  live() {
    this.#stage.dataset['state'] = 'live'
    this.#pane.replaceChildren()
  }

  /**
   * Says something that passes.
   *
   * @param {string} message
   */
  problem(message) {
    this.#toast.textContent = message
    this.#toast.hidden = false
    this.say(message)
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => (this.#toast.hidden = true), problemDuration)
  }

  /**
   * Says something to those who do not see it.
   *
   * @param {string} message
   */
  say(message) {
    this.#announcement.textContent = message
  }

  /**
   * @param {string} state
   * @param {string} title
   * @param {string} text
   * @param {{ spins?: boolean }} [options]
   */
  #show(state, title, text, { spins = false } = {}) {
    this.#stage.dataset['state'] = state
    const spinner = make('span', { className: 'spinner', 'aria-hidden': 'true' })
    const card = make(
      'div',
      { className: 'card' },
      ...(spins ? [spinner] : []),
      make('h1', {}, title),
      ...(text === '' ? [] : [make('p', {}, text)]),
    )
    this.#pane.replaceChildren(card)
    this.say([title, text].filter((part) => part !== '').join('. '))
    return card
  }
}
