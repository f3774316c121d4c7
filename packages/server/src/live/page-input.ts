import type { KeyMessage, MouseMessage, TouchMessage, WheelMessage } from './viewer-messages.ts'

/** Sends a command to the page that is shown; settles with its answer. */
export type SendToPage = <Result>(
  method: string,
  params?: Record<string, unknown>,
) => Promise<Result>

/** Moves or turns of the wheel that Chromium may have before it has answered. */
const maximumUnderWay = 1

/** What a press of a mouse button does that pictures cannot show, such as a list that opens. */
export type BeforePress = (x: number, y: number) => Promise<'press' | 'instead'>

/**
 * A person's hand on mouse, keyboard and screen. A press or a key goes at once: it never waits for what
 * the page makes of the one before. Moves and turns of the wheel are many, so those that the page has
 * not come to yet become one.
 */
export class PageInput {
  readonly #send: SendToPage
  readonly #beforePress: BeforePress
  /** Presses and keys, in their order. */
  #order: Promise<unknown> = Promise.resolve()
  #move: MouseMessage | undefined
  #movesUnderWay = 0
  #wheel: WheelMessage | undefined
  #wheelsUnderWay = 0
  /** The button whose press was taken for something else, so that its release is left out. */
  #swallowed: string | undefined

  constructor(send: SendToPage, beforePress: BeforePress) {
    this.#send = send
    this.#beforePress = beforePress
  }

  mouse(message: MouseMessage): void {
    if (message.action === 'move') {
      this.#move = message
      this.#sendMove()
      return
    }
    // The page has to know where the mouse is before it hears of the button.
    const move = this.#move
    this.#move = undefined
    this.#queue(async () => {
      if (move) void this.#dispatchMouse(move)
      if (message.action === 'up' && this.#swallowed === message.button) {
        this.#swallowed = undefined
        return
      }
      const isPress = message.action === 'down' && message.button === 'left'
      if (isPress && (await this.#beforePress(message.x, message.y)) === 'instead') {
        this.#swallowed = message.button
        return
      }
      void this.#dispatchMouse(message)
    })
  }

  wheel(message: WheelMessage): void {
    const waiting = this.#wheel
    this.#wheel = waiting
      ? {
          ...message,
          deltaX: waiting.deltaX + message.deltaX,
          deltaY: waiting.deltaY + message.deltaY,
        }
      : message
    this.#sendWheel()
  }

  touch({ action, points, modifiers }: TouchMessage): void {
    const type = `touch${action[0]?.toUpperCase()}${action.slice(1)}`
    const touchPoints = points.map(({ id, x, y }) => ({ id, x, y }))
    this.#queue(() => {
      void this.#dispatch('Input.dispatchTouchEvent', { type, touchPoints, modifiers })
    })
  }

  key(message: KeyMessage): void {
    const { action, key, code, keyCode, text, repeat, location, modifiers } = message
    const down = text === '' ? 'rawKeyDown' : 'keyDown'
    this.#queue(() => {
      void this.#dispatch('Input.dispatchKeyEvent', {
        type: action === 'up' ? 'keyUp' : down,
        key,
        code,
        windowsVirtualKeyCode: keyCode,
        nativeVirtualKeyCode: keyCode,
        modifiers,
        autoRepeat: repeat,
        isKeypad: location === 3,
        location: location === 3 ? 0 : location,
        ...(action === 'down' && text !== '' ? { text, unmodifiedText: text } : {}),
        ...(action === 'down' ? { commands: editingCommands(message) } : {}),
      })
    })
  }

  /** Puts text where the caret is, as a paste or an input method does. */
  text(text: string): void {
    this.#queue(() => {
      void this.#dispatch('Input.insertText', { text })
    })
  }

  compose(text: string, selectionStart: number, selectionEnd: number): void {
    this.#queue(() => {
      void this.#dispatch('Input.imeSetComposition', { text, selectionStart, selectionEnd })
    })
  }

  /** Runs a task in its place among presses and keys. */
  inTurn(task: () => Promise<void>): void {
    this.#queue(task)
  }

  #queue(task: () => void | Promise<void>): void {
    this.#order = this.#order.then(task).catch(() => {})
  }

  #sendMove(): void {
    if (this.#move === undefined || this.#movesUnderWay >= maximumUnderWay) return
    const move = this.#move
    this.#move = undefined
    this.#movesUnderWay += 1
    void this.#dispatchMouse(move).finally(() => {
      this.#movesUnderWay -= 1
      this.#sendMove()
    })
  }

  #sendWheel(): void {
    if (this.#wheel === undefined || this.#wheelsUnderWay >= maximumUnderWay) return
    const { x, y, deltaX, deltaY, modifiers } = this.#wheel
    this.#wheel = undefined
    this.#wheelsUnderWay += 1
    const event = { type: 'mouseWheel', x, y, deltaX, deltaY, modifiers }
    void this.#dispatch('Input.dispatchMouseEvent', event).finally(() => {
      this.#wheelsUnderWay -= 1
      this.#sendWheel()
    })
  }

  #dispatchMouse(message: MouseMessage): Promise<void> {
    const { action, x, y, button, buttons, clicks, modifiers } = message
    const types = { move: 'mouseMoved', down: 'mousePressed', up: 'mouseReleased' }
    const event = { type: types[action], x, y, button, buttons, clickCount: clicks, modifiers }
    return this.#dispatch('Input.dispatchMouseEvent', event)
  }

  /** Settles when the page has come to it. Chromium keeps the order, so nobody has to wait. */
  async #dispatch(method: string, params: Record<string, unknown>): Promise<void> {
    // A page that is gone, or refuses, has nothing more to do with it.
    await this.#send(method, params).catch(() => {})
  }
}

/** What keys do to text: without a window, Chromium has nobody who would know. */
function editingCommands({ key, modifiers }: KeyMessage): string[] {
  const [alt, control, meta, shift] = [1, 2, 4, 8].map((bit) => (modifiers & bit) !== 0)
  if (alt || !(control || meta)) return []
  const commands: Record<string, string> = {
    a: 'selectAll',
    z: shift ? 'redo' : 'undo',
    y: 'redo',
  }
  const command = commands[key.toLowerCase()]
  return command === undefined ? [] : [command]
}
