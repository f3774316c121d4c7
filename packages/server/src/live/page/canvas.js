import { make } from './dom.js'

/** @import { Frame } from './frame.js' */

/** Shows pictures as they come, each in the place of the one before. */
export class Picture {
  /** Called when a picture can be seen, with its number. */
  onSeen = (/** @type {number} */ _sequence) => {}
  #canvas = make('canvas', { id: 'page', tabIndex: -1 })
  #context = /** @type {CanvasRenderingContext2D} */ (
    this.#canvas.getContext('2d', { alpha: false, desynchronized: true })
  )
  /** @type {Frame | undefined} */
  #shown
  /** @type {Frame | undefined} */
  #next
  #drawing = false

  constructor() {
    // A page that nobody looks at is not drawn; whoever comes back sees the newest.
    document.addEventListener('visibilitychange', () => void this.#draw())
  }

  get element() {
    return this.#canvas
  }

  /** Whether there is anything to see. */
  get hasPicture() {
    return this.#shown !== undefined
  }

  /** @param {Frame} frame */
  show(frame) {
    this.#next = frame
    void this.#draw()
  }

  /** What is shown is not true any more. */
  forget() {
    this.#next = undefined
  }

  /**
   * Where on the page something on the screen is, in CSS pixels of the page; undefined beside it.
   *
   * @param {{ clientX: number, clientY: number }} point
   * @param {{ beside?: boolean }} [options] Whether a place beside the picture counts as its edge.
   */
  placeOf({ clientX, clientY }, { beside = false } = {}) {
    if (!this.#shown) return undefined
    const box = this.#canvas.getBoundingClientRect()
    const { width, height, offsetTop } = this.#shown
    const x = ((clientX - box.left) / box.width) * width
    const y = ((clientY - box.top) / box.height) * (height + offsetTop) - offsetTop
    const isInside = x >= 0 && y >= 0 && x < width && y < height
    if (!isInside && !beside) return undefined
    return {
      x: Math.min(Math.max(x, 0), Math.max(width - 1, 0)),
      y: Math.min(Math.max(y, 0), Math.max(height - 1, 0)),
    }
  }

  /**
   * Where on the screen a part of the page is.
   *
   * @param {{ x: number, y: number, width: number, height: number }} part
   */
  boxOf(part) {
    const box = this.#canvas.getBoundingClientRect()
    const scale = this.#shown ? box.width / this.#shown.width : 1
    const top = (part.y + (this.#shown?.offsetTop ?? 0)) * scale
    return {
      left: box.left + part.x * scale,
      top: box.top + top,
      width: part.width * scale,
      height: part.height * scale,
    }
  }

  /** Screen pixels for one CSS pixel of the page. */
  get scale() {
    return this.#shown ? this.#canvas.getBoundingClientRect().width / this.#shown.width : 1
  }

  async #draw() {
    if (this.#drawing || document.hidden) return
    this.#drawing = true
    try {
      while (this.#next) {
        const frame = this.#next
        this.#next = undefined
        await this.#drawOne(frame)
      }
    } finally {
      this.#drawing = false
    }
  }

  /** @param {Frame} frame */
  async #drawOne(frame) {
    try {
      const bitmap = await createImageBitmap(frame.image)
      if (this.#canvas.width !== bitmap.width || this.#canvas.height !== bitmap.height) {
        this.#canvas.width = bitmap.width
        this.#canvas.height = bitmap.height
        this.#canvas.style.aspectRatio = `${bitmap.width} / ${bitmap.height}`
        this.#canvas.style.setProperty('--ratio', String(bitmap.width / bitmap.height))
      }
      this.#context.drawImage(bitmap, 0, 0)
      bitmap.close()
      this.#shown = frame
      this.#canvas.dataset['capturedAt'] = String(frame.capturedAt)
    } catch {
      // A picture that cannot be read is left out; the next one comes.
    }
    this.onSeen(frame.sequence)
  }
}
