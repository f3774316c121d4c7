/** @import { Picture } from './canvas.js' */

/** Milliseconds and screen pixels within which presses are one double or triple click. */
const clickPause = 500
const clickDistance = 5

/** Pixels of a line and of a page, for wheels that turn by those. */
const lineHeight = 40
const pageHeight = 800

const buttons = /** @type {const} */ (['left', 'middle', 'right', 'back', 'forward'])

/**
 * Alt 1, Control 2, Meta 4, Shift 8.
 *
 * @param {MouseEvent | KeyboardEvent | TouchEvent} event
 */
export function modifiersOf(event) {
  return (
    (event.altKey ? 1 : 0) |
    (event.ctrlKey ? 2 : 0) |
    (event.metaKey ? 4 : 0) |
    (event.shiftKey ? 8 : 0)
  )
}

/**
 * Sends what a mouse, a pen and fingers do on the picture to the page.
 *
 * @param {Picture} picture
 * @param {{ send: (message: Record<string, unknown>) => void, onPress: () => void }} actions
 */
export function sendPointer(picture, { send, onPress }) {
  const canvas = picture.element
  /** @type {MouseEvent | undefined} */
  let moved
  let lastPress = { time: 0, x: 0, y: 0, button: -1, clicks: 0 }

  /**
   * @param {MouseEvent} event
   * @param {'move' | 'down' | 'up'} action
   */
  const mouse = (event, action) => {
    // A drag goes on beside the picture, at its edge.
    const place = picture.placeOf(event, { beside: event.buttons !== 0 || action === 'up' })
    if (!place) return
    send({
      type: 'mouse',
      action,
      ...place,
      button: action === 'move' ? heldButton(event.buttons) : (buttons[event.button] ?? 'none'),
      buttons: event.buttons,
      clicks: action === 'move' ? 0 : lastPress.clicks,
      modifiers: modifiersOf(event),
    })
  }

  canvas.addEventListener('pointermove', (event) => {
    if (event.pointerType === 'touch') return
    // One for each picture that the screen shows is enough.
    if (!moved) {
      requestAnimationFrame(() => {
        const latest = moved
        moved = undefined
        if (latest) mouse(latest, 'move')
      })
    }
    moved = event
  })
  canvas.addEventListener('pointerdown', (event) => {
    if (event.pointerType === 'touch') return
    event.preventDefault()
    canvas.setPointerCapture(event.pointerId)
    moved = undefined
    onPress()
    const { timeStamp: time, clientX: x, clientY: y, button } = event
    const isSame =
      button === lastPress.button &&
      time - lastPress.time < clickPause &&
      Math.hypot(x - lastPress.x, y - lastPress.y) < clickDistance
    lastPress = { time, x, y, button, clicks: isSame ? (lastPress.clicks % 3) + 1 : 1 }
    mouse(event, 'down')
  })
  canvas.addEventListener('pointerup', (event) => {
    if (event.pointerType !== 'touch') mouse(event, 'up')
  })
  canvas.addEventListener('contextmenu', (event) => event.preventDefault())
  canvas.addEventListener(
    'wheel',
    (event) => {
      const place = picture.placeOf(event)
      if (!place) return
      event.preventDefault()
      const unit = event.deltaMode === 1 ? lineHeight : event.deltaMode === 2 ? pageHeight : 1
      send({
        type: 'wheel',
        ...place,
        deltaX: event.deltaX * unit,
        deltaY: event.deltaY * unit,
        modifiers: modifiersOf(event),
      })
    },
    { passive: false },
  )

  for (const action of /** @type {const} */ (['start', 'move', 'end', 'cancel'])) {
    canvas.addEventListener(
      `touch${action}`,
      (event) => {
        // The fingers are the page's, not this page's to scroll with.
        event.preventDefault()
        if (action === 'start') onPress()
        const points = [...event.touches].flatMap((touch) => {
          const place = picture.placeOf(touch, { beside: true })
          return place ? [{ id: Math.abs(touch.identifier) % 1_000_000, ...place }] : []
        })
        send({ type: 'touch', action, points, modifiers: modifiersOf(event) })
      },
      { passive: false },
    )
  }
}

/** @param {number} held */
function heldButton(held) {
  if (held & 1) return 'left'
  if (held & 2) return 'right'
  return held & 4 ? 'middle' : 'none'
}
