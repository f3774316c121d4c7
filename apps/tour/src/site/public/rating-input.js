// <rating-input name="rating">: five buttons in an open shadow root that take part in the form.

const styles = `
  :host { display: inline-flex; align-items: center; gap: 0.15em; }
  button { all: unset; cursor: pointer; padding: 0.1em; font-size: 1.7rem; line-height: 1; color: var(--faint, #ccc); border-radius: 0.2em; }
  button.on { color: var(--star, #b97f10); }
  button:focus-visible { outline: 2px solid var(--accent, #b4481f); outline-offset: 1px; }
  span { margin-left: 0.6em; color: var(--muted, #666); }
`

class RatingInput extends HTMLElement {
  static formAssociated = true
  #internals = this.attachInternals()
  #value = 0

  constructor() {
    super()
    this.attachShadow({ mode: 'open' })
    const style = document.createElement('style')
    style.textContent = styles
    const buttons = [1, 2, 3, 4, 5].map((stars) => {
      const button = document.createElement('button')
      button.type = 'button'
      button.textContent = '★'
      button.setAttribute('aria-label', stars === 1 ? '1 star' : `${stars} stars`)
      button.addEventListener('click', () => {
        this.value = stars
      })
      return button
    })
    this.shadowRoot.append(style, ...buttons, document.createElement('span'))
  }

  connectedCallback() {
    this.value = Number(this.getAttribute('value') ?? 0)
  }

  formResetCallback() {
    this.value = 0
  }

  get value() {
    return this.#value
  }

  set value(stars) {
    this.#value = stars
    this.#internals.setFormValue(stars > 0 ? String(stars) : null)
    this.#draw()
    this.dispatchEvent(new Event('change', { bubbles: true }))
  }

  #draw() {
    this.shadowRoot.querySelectorAll('button').forEach((button, index) => {
      button.classList.toggle('on', index < this.#value)
      button.setAttribute('aria-pressed', String(index + 1 === this.#value))
    })
    this.shadowRoot.querySelector('span').textContent =
      this.#value === 0 ? 'not rated yet' : `${this.#value} of 5`
  }
}

customElements.define('rating-input', RatingInput)
