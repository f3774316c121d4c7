import { make } from './dom.js'

/** @import { Picture } from './canvas.js' */

/**
 * @typedef {object} Picker
 * @property {number} id
 * @property {string} kind
 * @property {string} label
 * @property {string} value
 * @property {{ label: string, value: string, disabled: boolean, selected: boolean, group: string }[]} options
 * @property {string} min
 * @property {string} max
 * @property {{ x: number, y: number, width: number, height: number }} box
 */

/** Shows the choices of a list or a calendar, which no picture of the page shows. */
export class Pickers {
  #stage
  #picture
  #send
  #onDone
  /** @type {HTMLElement | undefined} */
  #open

  /**
   * @param {HTMLElement} stage
   * @param {Picture} picture
   * @param {{ send: (message: Record<string, unknown>) => void, onDone: () => void }} actions
   */
  constructor(stage, picture, { send, onDone }) {
    this.#stage = stage
    this.#picture = picture
    this.#send = send
    this.#onDone = onDone
  }

  /** @param {Picker | undefined} picker */
  show(picker) {
    this.#open?.remove()
    this.#open = undefined
    if (!picker) return
    const control = picker.kind === 'select' ? this.#list(picker) : this.#value(picker)
    const pane = make('div', { className: 'picker' }, control)
    const stage = this.#stage.getBoundingClientRect()
    const box = this.#picture.boxOf(picker.box)
    pane.style.left = `${box.left - stage.left}px`
    pane.style.top = `${box.top - stage.top + box.height}px`
    pane.style.minWidth = `${box.width}px`
    pane.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') this.#pick(picker.id)
    })
    pane.addEventListener('focusout', ({ relatedTarget }) => {
      if (!pane.contains(/** @type {Node | null} */ (relatedTarget)) && this.#open === pane) {
        this.#pick(picker.id)
      }
    })
    this.#open = pane
    this.#stage.append(pane)
    this.#keepInside(pane)
    const first =
      pane.querySelector('[aria-selected="true"]') ??
      pane.querySelector('input, [role="option"]:not(:disabled)')
    if (first instanceof HTMLElement) first.focus()
  }

  /** @param {Picker} picker */
  #list(picker) {
    const list = make('div', { role: 'listbox', 'aria-label': picker.label || 'Choices' })
    let group = ''
    for (const option of picker.options) {
      if (option.group !== group) {
        group = option.group
        if (group !== '') list.append(make('p', { className: 'group' }, group))
      }
      const row = make(
        'button',
        {
          type: 'button',
          role: 'option',
          'aria-selected': option.selected,
          disabled: option.disabled,
          onclick: () => this.#pick(picker.id, option.value),
        },
        option.label,
      )
      list.append(row)
    }
    list.addEventListener('keydown', (event) => {
      const rows = [...list.querySelectorAll('button:not(:disabled)')]
      const next = rowFor(event.key, rows)
      if (!next) return
      event.preventDefault()
      if (next instanceof HTMLElement) next.focus()
    })
    return list
  }

  /** @param {Picker} picker */
  #value(picker) {
    const { kind, value, min, max, label } = picker
    const input = make('input', { type: kind, value, min, max, 'aria-label': label || 'Value' })
    const form = make(
      'form',
      {},
      input,
      make('button', { type: 'submit', className: 'main' }, 'Set'),
    )
    form.addEventListener('submit', (event) => {
      event.preventDefault()
      this.#pick(picker.id, input.value)
    })
    return form
  }

  /**
   * @param {number} id
   * @param {string} [value]
   */
  #pick(id, value) {
    const pane = this.#open
    this.#open = undefined
    pane?.remove()
    this.#send({ type: 'pick', id, ...(value === undefined ? {} : { values: [value] }) })
    this.#onDone()
  }

  /** @param {HTMLElement} pane */
  #keepInside(pane) {
    const stage = this.#stage.getBoundingClientRect()
    const box = pane.getBoundingClientRect()
    if (box.bottom > stage.bottom) {
      pane.style.top = `${Math.max(0, stage.height - box.height - 8)}px`
    }
    if (box.right > stage.right) pane.style.left = `${Math.max(0, stage.width - box.width - 8)}px`
  }
}

/**
 * Where a key leads in a list: arrows, Home, End, and letters, as in lists of the browser.
 *
 * @param {string} key
 * @param {Element[]} rows
 */
function rowFor(key, rows) {
  const at = rows.findIndex((row) => row === document.activeElement)
  if (key === 'ArrowUp') return rows[Math.max(at - 1, 0)]
  if (key === 'ArrowDown') return rows[Math.min(at + 1, rows.length - 1)]
  if (key === 'Home') return rows[0]
  if (key === 'End') return rows.at(-1)
  if (key.length !== 1 || key === ' ') return undefined
  const begins = (/** @type {Element} */ row) =>
    row.textContent?.trim().toLowerCase().startsWith(key.toLowerCase())
  // From the next one on: the same letter again goes on.
  return rows.slice(at + 1).find(begins) ?? rows.find(begins)
}
