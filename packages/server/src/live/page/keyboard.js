import { make } from './dom.js'
import { modifiersOf } from './input.js'

/**
 * Sends what is typed to the page. A field that nobody sees has the focus, because input methods, the
 * keyboards of telephones and the clipboard go to fields alone.
 *
 * Shift+Escape leaves the page, so that who has no mouse is never caught in it.
 */
export class Keyboard {
  /** @type {(message: Record<string, unknown>) => void} */
  #send
  #onLeave
  #composing = false
  #field = make('textarea', {
    className: 'keys',
    autocapitalize: 'off',
    autocomplete: 'off',
    spellcheck: false,
    'aria-label': 'The page. What you type goes to it; Shift+Escape leaves it.',
  })

  /**
   * @param {(message: Record<string, unknown>) => void} send
   * @param {() => void} onLeave
   */
  constructor(send, onLeave) {
    this.#send = send
    this.#onLeave = onLeave
    const field = this.#field
    field.addEventListener('keydown', (event) => this.#key(event, 'down'))
    field.addEventListener('keyup', (event) => this.#key(event, 'up'))
    field.addEventListener('compositionstart', () => (this.#composing = true))
    field.addEventListener('compositionupdate', ({ data }) => this.#compose(data))
    field.addEventListener('compositionend', ({ data }) => {
      this.#composing = false
      if (data === '') this.#compose('')
      else this.#send({ type: 'text', text: data })
      this.#empty()
    })
    field.addEventListener('beforeinput', (event) => this.#typed(event))
    field.addEventListener('input', () => !this.#composing && this.#empty())
    field.addEventListener('paste', (event) => {
      event.preventDefault()
      const text = event.clipboardData?.getData('text/plain') ?? ''
      if (text !== '') this.#send({ type: 'text', text })
    })
    for (const type of /** @type {const} */ (['copy', 'cut'])) {
      field.addEventListener(type, (event) => {
        event.preventDefault()
        this.#send({ type: 'copy', cut: type === 'cut' })
      })
    }
    this.#empty()
  }

  get element() {
    return this.#field
  }

  focus() {
    this.#field.focus({ preventScroll: true })
  }

  /** A field without a selection is given no copy: it holds a blank that is always selected. */
  #empty() {
    this.#field.value = ' '
    this.#field.select()
  }

  /**
   * @param {KeyboardEvent} event
   * @param {'down' | 'up'} action
   */
  #key(event, action) {
    const { key, code, repeat, location } = event
    // Pages still read the older number, and nothing else has it.
    // oxlint-disable-next-line typescript/no-deprecated
    const { keyCode } = event
    if (key === 'Escape' && event.shiftKey) {
      event.preventDefault()
      if (action === 'down') this.#onLeave()
      return
    }
    // Input methods and keyboards on screens say what they typed, not which key it was.
    if (event.isComposing || keyCode === 229 || key === 'Unidentified' || key === 'Process') return
    const isCommand = event.ctrlKey || event.metaKey
    // The clipboard is this computer's: its own events come after these keys.
    if (isCommand && !event.altKey && ['c', 'x', 'v'].includes(key.toLowerCase())) return
    event.preventDefault()
    // AltGr types, although it is Control and Alt to some systems.
    const isTyped = key.length === 1 && (!isCommand || event.getModifierState('AltGraph'))
    const text = key === 'Enter' ? '\r' : isTyped ? key : ''
    const modifiers = isTyped && isCommand ? modifiersOf(event) & 8 : modifiersOf(event)
    this.#send({ type: 'key', action, key, code, keyCode, text, repeat, location, modifiers })
  }

  /** @param {InputEvent} event */
  #typed(event) {
    if (this.#composing || event.inputType === 'insertCompositionText') return
    event.preventDefault()
    if (event.inputType.startsWith('delete')) {
      this.#press(event.inputType.endsWith('Forward') ? ['Delete', 46] : ['Backspace', 8])
    } else if (event.inputType === 'insertLineBreak') this.#press(['Enter', 13], '\r')
    else if (event.data) this.#send({ type: 'text', text: event.data })
  }

  /** @param {string} text */
  #compose(text) {
    this.#send({ type: 'compose', text, start: text.length, end: text.length })
  }

  /**
   * @param {[key: string, keyCode: number]} key
   * @param {string} [text]
   */
  #press([key, keyCode], text = '') {
    const rest = { key, code: key, keyCode, repeat: false, location: 0, modifiers: 0 }
    this.#send({ type: 'key', action: 'down', text, ...rest })
    this.#send({ type: 'key', action: 'up', text: '', ...rest })
  }
}
