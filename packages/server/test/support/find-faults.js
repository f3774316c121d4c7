/** @typedef {[red: number, green: number, blue: number, alpha: number]} Color */

/**
 * Runs in a live view: what somebody could not read, reach or hear of. Contrast is as WCAG 2 has it, and
 * whoever points with a finger needs 44 CSS pixels. It stands alone.
 *
 * @param {boolean} touch
 * @returns {string[]}
 */
export function findFaults(touch) {
  /**
   * @param {string} text
   * @returns {Color}
   */
  const read = (text) => {
    const [red = 0, green = 0, blue = 0, alpha = 1] = (text.match(/[\d.]+/g) ?? []).map(Number)
    return [red, green, blue, alpha]
  }
  /** @param {Color} color */
  const luminance = ([red, green, blue]) => {
    const [r = 0, g = 0, b = 0] = [red, green, blue].map((part) => {
      const share = part / 255
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  /**
   * @param {Color} one
   * @param {Color} other
   */
  const ratio = (one, other) => {
    const [a, b] = [luminance(one), luminance(other)]
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
  }
  /**
   * What is behind an element.
   *
   * @param {Element} element
   * @returns {Color | 'picture'}
   */
  const groundOf = (element) => {
    for (let each = /** @type {Element | null} */ (element); each; each = each.parentElement) {
      const color = read(getComputedStyle(each).backgroundColor)
      if (color[3] === 1) return color
      const isPictured = document.querySelector('canvas[data-captured-at]') !== null
      if (color[3] > 0 || (each.id === 'stage' && isPictured)) return 'picture'
    }
    return [255, 255, 255, 1]
  }

  /** @type {string[]} */
  const faults = []
  for (const element of document.body.querySelectorAll('*')) {
    const style = getComputedStyle(element)
    const isHidden = !element.checkVisibility() || element.closest('.quiet, .keys')
    // What cannot be used need not be legible, but for the names of tabs that somebody looks at.
    if (isHidden || element.closest(':disabled:not(.tab)')) continue
    const text = [...element.childNodes].some(
      (node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim() !== '',
    )
    const label = element.getAttribute('aria-label') ?? element.textContent ?? ''
    const name = `${element.localName}.${element.getAttribute('class')} "${label.slice(0, 40)}"`
    const { left, top, right, bottom, width, height } = element.getBoundingClientRect()
    const isInside = left >= 0 && top >= 0 && right <= innerWidth && bottom <= innerHeight
    if (!isInside && !element.closest('.tabs, .picker, .sheet')) {
      faults.push(`${name} is beside the window`)
    }
    if (text || element.matches('svg, input')) {
      const ground = groundOf(element)
      if (ground === 'picture') faults.push(`${name} is written over the picture`)
      else {
        const contrast = ratio(read(style.color), ground)
        const needed = element.matches('svg') ? 3 : 4.5
        if (contrast < needed) faults.push(`${name} has a contrast of ${contrast.toFixed(2)}`)
      }
    }
    const goesOn = style.textOverflow === 'ellipsis' || ['auto', 'scroll'].includes(style.overflowY)
    const isCut =
      element.scrollWidth > element.clientWidth + 1 ||
      element.scrollHeight > element.clientHeight + 1
    if (text && isCut && !goesOn && style.overflowX !== 'visible') {
      faults.push(`${name} is cut off`)
    }
    if (element.matches('button, input')) {
      if (label === '') faults.push(`${name} has no name`)
      if (touch && Math.min(width, height) < 44) {
        faults.push(`${name} is ${Math.round(width)} × ${Math.round(height)}`)
      }
    }
  }
  return faults
}
