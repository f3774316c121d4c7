import { make } from './dom.js'

/** Shows dialogs of the page, which no picture of it shows. */
export class Dialogs {
  #stage
  #interactive
  #send
  /** @type {HTMLDialogElement | undefined} */
  #open

  /**
   * @param {HTMLElement} stage
   * @param {boolean} interactive
   * @param {(message: Record<string, unknown>) => void} send
   */
  constructor(stage, interactive, send) {
    this.#stage = stage
    this.#interactive = interactive
    this.#send = send
  }

  /**
   * @param {{ kind: string, message: string, value: string } | undefined} dialog
   * @returns {string | undefined} What it asks, to be said aloud to whoever cannot answer.
   */
  show(dialog) {
    this.#open?.remove()
    this.#open = undefined
    if (!dialog) return undefined
    const { kind, value } = dialog
    const leaves = kind === 'beforeunload'
    const field = make('input', { type: 'text', value, 'aria-label': 'Answer' })
    const answer = (/** @type {boolean} */ accept) =>
      this.#send({ type: 'answer', accept, ...(kind === 'prompt' ? { text: field.value } : {}) })
    const form = make('form', { method: 'dialog' })
    form.addEventListener('submit', (event) => {
      event.preventDefault()
      answer(true)
    })
    const title = make('h2', { id: 'dialog-title' }, leaves ? 'Leave this page?' : 'The page says')
    const text = leaves ? 'What you changed on it may be lost.' : dialog.message
    form.append(title, make('p', { className: 'message' }, text))
    if (kind === 'prompt') form.append(field)
    if (this.#interactive) {
      const cancel = make(
        'button',
        { type: 'button', onclick: () => answer(false) },
        leaves ? 'Stay' : 'Cancel',
      )
      const accept = make('button', { type: 'submit', className: 'main' }, leaves ? 'Leave' : 'OK')
      const isAlert = kind === 'alert'
      form.append(make('div', { className: 'answers' }, ...(isAlert ? [] : [cancel]), accept))
    } else form.append(make('p', { className: 'hint' }, 'It waits for an answer.'))
    const shown = make('dialog', { className: 'sheet', 'aria-labelledby': 'dialog-title' }, form)
    shown.addEventListener('cancel', (event) => {
      event.preventDefault()
      if (this.#interactive) answer(false)
    })
    this.#open = shown
    this.#stage.append(shown)
    if (!this.#interactive) {
      // Nobody can do anything in it, so the focus stays where it is.
      shown.open = true
      return `${title.textContent} ${text}`
    }
    shown.show()
    const first = kind === 'prompt' ? field : form.querySelector('button.main')
    if (first instanceof HTMLElement) first.focus()
    return undefined
  }
}
