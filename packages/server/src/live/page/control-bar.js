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
    const before = this.#text.textContent
    this.#control = control
    const { who, action, kind } = this.#words()
    this.#text.textContent = who
    this.#button.textContent = action
    this.#bar.dataset['driver'] = kind
    document.body.dataset['driver'] = kind
    this.#viewers.textContent = viewers > 1 ? `${viewers} people watch` : ''
    return before === who || before === '' ? undefined : who
  }

  #words() {
    if (this.#control.driver === 'agent') {
      const who = this.#interactive ? 'Shared with the agent' : 'View only'
      return { who, action: 'Take over', kind: 'agent' }
    }
    if (this.#control.you) {
      return { who: 'You have the browser; the agent waits', action: 'Hand back', kind: 'you' }
    }
    return {
      who: 'A person has the browser; the agent waits',
      action: 'Take over from them',
      kind: 'other',
    }
  }

  #press() {
    if (this.isYours) this.#send({ type: 'handBack' })
    else this.#send({ type: 'takeOver', force: this.#control.driver === 'human' })
  }
}
