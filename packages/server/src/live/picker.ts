import type { PagePicker } from './viewer-news.ts'
import type { SendToPage } from './page-input.ts'

/** Milliseconds that a press of the mouse waits to hear what it hits; a busy page gets it as it is. */
const hitDeadline = 150

type Described = Omit<PagePicker, 'id'>

/**
 * Lists and calendars that Chromium opens in windows of their own. No picture of the page shows them, so
 * viewers show the choices, and what a person picks is set as if it had been picked in the page.
 */
export class Pickers {
  readonly #send: SendToPage
  #lastId = 0
  #open: { id: number; objectId: string } | undefined

  constructor(send: SendToPage) {
    this.#send = send
  }

  /** The control at that place; undefined for everything that pictures show. */
  async openAt(x: number, y: number): Promise<PagePicker | undefined> {
    this.forget()
    const found = await Promise.race([this.#find(x, y), deadline(hitDeadline)])
    if (!found) return undefined
    this.#lastId += 1
    this.#open = { id: this.#lastId, objectId: found.objectId }
    return { id: this.#lastId, ...found.described }
  }

  /** Sets what was picked. */
  async pick(id: number, values: readonly string[]): Promise<void> {
    if (this.#open?.id !== id) return
    const { objectId } = this.#open
    this.forget()
    await this.#send('Runtime.callFunctionOn', {
      objectId,
      functionDeclaration: setPicked.toString(),
      arguments: [{ value: values }],
      userGesture: true,
    })
  }

  /** The choices are not shown any more. */
  forget(): void {
    this.#open = undefined
  }

  async #find(
    x: number,
    y: number,
  ): Promise<{ objectId: string; described: Described } | undefined> {
    try {
      const { backendNodeId } = await this.#send<{ backendNodeId: number }>(
        'DOM.getNodeForLocation',
        { x: Math.round(x), y: Math.round(y), includeUserAgentShadowDOM: false },
      )
      const { object } = await this.#send<{ object: { objectId: string } }>('DOM.resolveNode', {
        backendNodeId,
      })
      const { result } = await this.#send<{ result: { value?: Described } }>(
        'Runtime.callFunctionOn',
        {
          objectId: object.objectId,
          functionDeclaration: describePicker.toString(),
          returnByValue: true,
        },
      )
      return result.value && { objectId: object.objectId, described: bounded(result.value) }
    } catch {
      // There is nothing, or the page has gone on.
      return undefined
    }
  }
}

/** What a page says of itself is not trusted. */
function bounded(described: Described): Described {
  return { ...described, options: described.options.slice(0, 2_000) }
}

function deadline(milliseconds: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds, undefined).unref())
}

/* What follows runs in the page. */

interface PageElement {
  closest(selector: string): PageElement | null
  getBoundingClientRect(): { x: number; y: number; width: number; height: number }
  getAttribute(name: string): string | null
  dispatchEvent(event: object): boolean
  focus(): void
  nodeType: number
  parentElement: PageElement | null
  localName: string
  type: string
  value: string
  min: string
  max: string
  size: number
  multiple: boolean
  disabled: boolean
  readOnly: boolean
  labels: ArrayLike<{ textContent: string }> | null
  options: ArrayLike<{
    label: string
    value: string
    disabled: boolean
    selected: boolean
    parentElement: { localName: string; label: string; disabled: boolean } | null
  }>
}

function describePicker(this: PageElement): Described | undefined {
  const node = this.nodeType === 1 ? this : this.parentElement
  const element = node?.closest('select, input')
  if (!element || element.disabled || element.readOnly) return undefined
  const isSelect = element.localName === 'select'
  const kinds = ['date', 'time', 'datetime-local', 'month', 'week', 'color']
  if (isSelect ? element.multiple || element.size > 1 : !kinds.includes(element.type)) {
    return undefined
  }
  const { x, y, width, height } = element.getBoundingClientRect()
  const short = (text: string): string => text.trim().slice(0, 500)
  return {
    kind: isSelect ? 'select' : (element.type as 'date'),
    label: short(element.getAttribute('aria-label') ?? element.labels?.[0]?.textContent ?? ''),
    value: element.value.slice(0, 10_000),
    options: isSelect
      ? Array.from(element.options).map((option) => ({
          label: short(option.label),
          value: option.value,
          disabled: option.disabled || option.parentElement?.disabled === true,
          selected: option.selected,
          group:
            option.parentElement?.localName === 'optgroup' ? short(option.parentElement.label) : '',
        }))
      : [],
    multiple: false,
    min: element.min ?? '',
    max: element.max ?? '',
    box: { x, y, width, height },
  }
}

function setPicked(this: PageElement, values: string[]): void {
  const node = this.nodeType === 1 ? this : this.parentElement
  const element = node?.closest('select, input')
  const value = values[0]
  if (!element || value === undefined) return
  element.focus()
  // By the setter of the class: frameworks put one of their own on the element.
  Reflect.set(Object.getPrototypeOf(element) as object, 'value', value, element)
  for (const type of ['input', 'change']) {
    element.dispatchEvent(new Event(type, { bubbles: true, composed: true }))
  }
}
