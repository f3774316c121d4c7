/**
 * Makes an element. Properties that begin with `on` are listeners, `aria-…`, `role` and `data-…` are
 * attributes, the others properties of the element.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, unknown>} [properties]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith('on') && typeof value === 'function') {
      element.addEventListener(name.slice(2), /** @type {EventListener} */ (value))
    } else if (/^(aria-|data-|role$)/.test(name)) element.setAttribute(name, String(value))
    else Reflect.set(element, name, value)
  }
  element.append(...children)
  return element
}

/**
 * The element of that id, which the page is known to have.
 *
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const element = document.getElementById(id)
  if (!element) throw new Error(`There is no element #${id}.`)
  return element
}

const drawings = {
  back: 'M15 5l-7 7 7 7',
  forward: 'M9 5l7 7-7 7',
  reload: 'M19 12a7 7 0 1 1-2.1-5M19 4v4h-4',
  stop: 'M6 6l12 12M18 6L6 18',
  plus: 'M12 5v14M5 12h14',
}

/**
 * A button that shows a drawing and is named for those who do not see it.
 *
 * @param {keyof typeof drawings} drawing
 * @param {string} label
 * @param {() => void} onPress
 */
export function iconButton(drawing, label, onPress) {
  const button = make('button', {
    type: 'button',
    className: 'icon',
    title: label,
    onclick: onPress,
  })
  button.setAttribute('aria-label', label)
  draw(button, drawing)
  return button
}

/**
 * @param {HTMLElement} button
 * @param {keyof typeof drawings} drawing
 */
export function draw(button, drawing) {
  const namespace = 'http://www.w3.org/2000/svg'
  const svg = document.createElementNS(namespace, 'svg')
  svg.setAttribute('viewBox', '0 0 24 24')
  svg.setAttribute('aria-hidden', 'true')
  const path = document.createElementNS(namespace, 'path')
  path.setAttribute('d', drawings[drawing])
  svg.append(path)
  button.replaceChildren(svg)
}
