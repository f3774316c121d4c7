import { draw, iconButton, make } from './dom.js'

/**
 * @typedef {{ id: string, title: string, url: string }} Tab
 * @typedef {{ url: string, title: string, loading: boolean, canGoBack: boolean, canGoForward: boolean }} PageState
 */

/** The tabs, and where the page is; with a hand on the page also the way to go elsewhere. */
export class Tabs {
  #interactive
  #send
  #strip = make('div', { className: 'tabs', role: 'tablist', 'aria-label': 'Tabs' })
  #address = make('input', {
    className: 'address',
    type: 'text',
    inputMode: 'url',
    autocomplete: 'off',
    autocapitalize: 'off',
    spellcheck: false,
    'aria-label': 'Address',
    placeholder: 'Type an address',
  })
  #place = make('p', { className: 'place' })
  #back = iconButton('back', 'Back', () => this.#send({ type: 'history', delta: -1 }))
  #forward = iconButton('forward', 'Forward', () => this.#send({ type: 'history', delta: 1 }))
  #reload = iconButton('reload', 'Reload', () => this.#reloadOrStop())
  #loading = false
  /** @type {PageState | undefined} */
  #page

  /**
   * @param {HTMLElement} bar
   * @param {boolean} interactive
   * @param {(message: Record<string, unknown>) => void} send
   */
  constructor(bar, interactive, send) {
    this.#interactive = interactive
    this.#send = send
    const form = make('form', { className: 'where' })
    form.addEventListener('submit', (event) => {
      event.preventDefault()
      send({ type: 'navigate', url: this.#address.value })
      this.#address.blur()
    })
    this.#address.addEventListener('focus', () => this.#address.select())
    this.#address.addEventListener('keydown', ({ key }) => {
      if (key === 'Escape') this.#showAddress()
    })
    if (interactive) form.append(this.#back, this.#forward, this.#reload, this.#address)
    else form.append(this.#place)
    bar.replaceChildren(this.#strip, form)
    bar.hidden = false
  }

  /**
   * @param {Tab[]} tabs
   * @param {string | undefined} active
   */
  showTabs(tabs, active) {
    const focused = /** @type {HTMLElement | null} */ (document.activeElement)?.dataset['tab']
    const buttons = tabs.map((tab) => this.#tab(tab, tab.id === active))
    const add = iconButton('plus', 'New tab', () => this.#send({ type: 'newTab' }))
    this.#strip.replaceChildren(...buttons, ...(this.#interactive ? [add] : []))
    // One tab that nobody can change says nothing that the title does not.
    this.#strip.hidden = !this.#interactive && tabs.length < 2
    if (focused) {
      const again = buttons.find((button) =>
        button.querySelector(`[data-tab="${CSS.escape(focused)}"]`),
      )
      again?.querySelector('button')?.focus()
    }
    this.#strip.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' })
  }

  /** @param {PageState} page */
  showPage(page) {
    this.#page = page
    this.#loading = page.loading
    this.#back.disabled = !page.canGoBack
    this.#forward.disabled = !page.canGoForward
    const label = page.loading ? 'Stop' : 'Reload'
    this.#reload.setAttribute('aria-label', label)
    this.#reload.title = label
    draw(this.#reload, page.loading ? 'stop' : 'reload')
    this.#place.textContent = page.title || page.url
    this.#place.title = page.url
    if (document.activeElement !== this.#address) this.#showAddress()
  }

  #showAddress() {
    const url = this.#page?.url ?? ''
    this.#address.value = url === 'about:blank' ? '' : url
  }

  #reloadOrStop() {
    this.#send({ type: this.#loading ? 'stop' : 'reload' })
  }

  /**
   * @param {Tab} tab
   * @param {boolean} selected
   */
  #tab({ id, title, url }, selected) {
    const name = title || (url === 'about:blank' ? 'New tab' : url)
    const tab = make(
      'button',
      {
        type: 'button',
        className: 'tab',
        role: 'tab',
        title: name,
        'data-tab': id,
        'aria-selected': selected,
        disabled: !this.#interactive,
        tabIndex: selected ? 0 : -1,
        onclick: () => this.#send({ type: 'tab', action: 'select', id }),
        onkeydown: (/** @type {KeyboardEvent} */ event) => moveFocus(event),
        onauxclick: () => this.#interactive && this.#send({ type: 'tab', action: 'close', id }),
      },
      name,
    )
    const cell = make(
      'div',
      { className: selected ? 'cell selected' : 'cell', role: 'presentation' },
      tab,
    )
    if (this.#interactive) {
      const close = iconButton('stop', `Close ${name}`, () =>
        this.#send({ type: 'tab', action: 'close', id }),
      )
      close.classList.add('close')
      cell.append(close)
    }
    return cell
  }
}

/** @param {KeyboardEvent} event */
function moveFocus(event) {
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key]
  if (step === undefined) return
  const target = /** @type {HTMLElement} */ (event.currentTarget)
  const tabs = [...document.querySelectorAll('[role="tab"]')]
  const next = tabs.at((tabs.indexOf(target) + step) % tabs.length)
  if (next instanceof HTMLElement) next.focus()
}
