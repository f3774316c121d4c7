import { make } from './dom.js'

/**
 * @typedef {{ driver: 'agent' } | { driver: 'human', you: boolean, mode: string, since: number, until: number }} Control
 */

/** Says who drives, and lets a person take the browser and hand it back. */
export class ControlBar {
  #bar
  #interactive
  #send
  #text = make('p', { className: 'who' })
  #viewers = make('p', { className: 'viewers' })
  #button = make('button', { type: 'button', className: 'take' })
  #said = ''
  /** @type {Control} */
  #control = { driver: 'agent' }

  /**
   * @param {HTMLElement} bar
   * @param {boolean} interactive
   * @param {(message: Record<string, unknown>) => void} send
   */
  constructor(bar, interactive, send) {
    this.#bar = bar
    this.#interactive = interactive
    this.#send = send
    this.#button.addEventListener('click', () => this.#press())
    const dot = make('span', { className: 'dot', 'aria-hidden': 'true' })
    bar.replaceChildren(dot, this.#text, this.#viewers, ...(interactive ? [this.#button] : []))
    bar.hidden = false
  }

  /** Whether what this person does reaches the page. */
  get mayAct() {
    return this.#interactive && (this.#control.driver === 'agent' || this.#control.you)
  }

  /** Whether this person has the browser alone. */
  get isYours() {
    return this.#control.driver === 'human' && this.#control.you
  }

  /**
   * @param {Control} control
   * @param {number} viewers
   * @returns {string | undefined} What has changed, to be said aloud.
   */
  show(control, viewers) {
    const before = this.#said
    this.#control = control
    const { who, more = '', action, from = '', kind } = this.#words()
    this.#said = who + more
    // In a narrow frame there is only room for what comes first.
    this.#text.replaceChildren(who, make('span', { className: 'wide' }, more))
    this.#button.replaceChildren(action, make('span', { className: 'wide' }, from))
    this.#button.setAttribute('aria-label', action + from)
    this.#bar.dataset['driver'] = kind
    document.body.dataset['driver'] = kind
    this.#viewers.textContent = viewers > 1 ? `${viewers} people watch` : ''
    return before === this.#said || before === '' ? undefined : this.#said
  }

  #words() {
    if (this.#control.driver === 'agent') {
      const who = this.#interactive ? 'Shared with the agent' : 'View only'
      return { who, action: 'Take over', kind: 'agent' }
    }
    if (this.#control.you) {
      const who = 'You have the browser'
      return { who, more: '; the agent waits', action: 'Hand back', kind: 'you' }
    }
    return {
      who: 'A person has the browser',
      more: '; the agent waits',
      action: 'Take over',
      from: ' from them',
      kind: 'other',
    }
  }

  #press() {
    if (this.isYours) this.#send({ type: 'handBack' })
    else this.#send({ type: 'takeOver', force: this.#control.driver === 'human' })
  }
}
