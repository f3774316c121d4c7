import type { PageDocument, PageElement, PageNode, PageWindow } from './dom-types.ts'

export interface CopyLimits {
  nodes: number
  /** Of text and attributes together. */
  characters: number
  /** Deeper elements are attached to the last level, because what reads the copy is recursive. */
  depth: number
}

export interface DocumentCopy {
  document: PageDocument
  /** True when the limits left something out. */
  cut: boolean
}

/**
 * Copies the live document's body into an inert document: nothing in it runs, loads or changes the
 * page. The copy is what a reader sees: content of open shadow roots and of same-origin frames is in
 * its place; scripts, styles, event handlers and comments are gone; addresses are absolute. Pictures
 * that are written out in the page stay only with `inlineImages`.
 *
 * Everything is read through the prototypes' getters, because an element named `attributes` in a
 * form, or `body` anywhere, hides the property of that name, in an isolated world, too.
 *
 * Runs in the page, so it may use nothing but its arguments.
 */
export function copyDocument(
  window: PageWindow,
  limits: CopyLimits,
  inlineImages: boolean,
): DocumentCopy {
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- names what the DOM gives
  const getter = <T>(prototype: object, name: string): ((target: object) => T) => {
    const property = Object.getOwnPropertyDescriptor(prototype, name)
    return (target) => property?.get?.call(target) as T
  }
  const nodeTypeOf = getter<number>(window.Node.prototype, 'nodeType')
  const firstChildOf = getter<PageNode | null>(window.Node.prototype, 'firstChild')
  const nextSiblingOf = getter<PageNode | null>(window.Node.prototype, 'nextSibling')
  const baseOf = getter<string>(window.Node.prototype, 'baseURI')
  const dataOf = getter<string>(window.CharacterData.prototype, 'data')
  const localNameOf = getter<string>(window.Element.prototype, 'localName')
  const namespaceOf = getter<string>(window.Element.prototype, 'namespaceURI')
  const textOf = getter<string>(window.Node.prototype, 'textContent')
  const attributesOf = getter<ArrayLike<{ name: string; value: string }>>(
    window.Element.prototype,
    'attributes',
  )
  const shadowRootOf = getter<PageNode | null>(window.Element.prototype, 'shadowRoot')
  const bodyOf = getter<PageElement | null>(window.Document.prototype, 'body')
  const frameDocumentOf = {
    iframe: getter<PageDocument | null>(window.HTMLIFrameElement.prototype, 'contentDocument'),
    frame: getter<PageDocument | null>(window.HTMLFrameElement.prototype, 'contentDocument'),
  }
  const slot = window.HTMLSlotElement.prototype as { assignedNodes(): ArrayLike<PageNode> }
  const implementation = getter<object>(
    window.Document.prototype,
    'implementation',
  )(window.document)
  const copy = window.DOMImplementation.prototype.createHTMLDocument.call(implementation, '')

  /** Elements that are no content, or whose content is not markup. SVG is seen, not read. */
  const dropped = new Set(
    'script style noscript template link meta base title head object embed applet canvas svg noembed noframes xmp plaintext portal fencedframe'.split(
      ' ',
    ),
  )
  const addresses = new Set(
    'href src action formaction poster cite longdesc background data-src'.split(' '),
  )
  const droppedAttributes = new Set('style srcdoc nonce integrity ping target'.split(' '))
  /** Elements whose name or id hides a property of their form or document. */
  const hiding = new Set(
    'button embed fieldset form iframe img input object output select textarea'.split(' '),
  )
  const longestAttribute = 20_000
  const longestDataAddress = inlineImages ? 2_000_000 : 2_000

  let nodes = 0
  let characters = 0
  let cut = false

  const absolute = (value: string, base: string): string | undefined => {
    try {
      const { href, protocol } = new window.URL(value.trim(), base)
      if (/^(javascript|vbscript|blob|filesystem|about):$/.test(protocol)) return undefined
      if (protocol !== 'data:') return href
      if (!inlineImages && /^data:image\//i.test(href)) return undefined
      return href.length > longestDataAddress ? undefined : href
    } catch {
      return undefined
    }
  }

  const absoluteSet = (value: string, base: string): string =>
    value
      .split(/,\s+/)
      .map((candidate) => {
        const [address = '', ...descriptor] = candidate.trim().split(/\s+/)
        return [absolute(address, base), ...descriptor].join(' ')
      })
      .filter((candidate) => /^(http|data:)/.test(candidate))
      .join(', ')

  const cleanAttribute = (
    tag: string,
    name: string,
    value: string,
    base: string,
  ): string | undefined => {
    if (name.startsWith('on') || droppedAttributes.has(name)) return undefined
    if (value.length > longestAttribute && !value.startsWith('data:')) return undefined
    if (addresses.has(name)) return absolute(value, base)
    if (name === 'srcset' || name === 'imagesrcset') return absoluteSet(value, base) || undefined
    const hides =
      (name === 'id' || name === 'name') &&
      hiding.has(tag) &&
      (value in window.HTMLFormElement.prototype || value in window.Document.prototype)
    return hides ? undefined : value
  }

  const copyElement = (source: PageElement, tag: string, base: string): PageElement => {
    let target: PageElement
    try {
      target = copy.createElement(tag)
    } catch {
      // Parsers accept names that scripts may not create.
      target = copy.createElement('span')
    }
    const attributes = attributesOf(source)
    for (let index = 0; index < attributes.length; index++) {
      const { name, value } = attributes[index] as { name: string; value: string }
      const clean = cleanAttribute(tag, name, value, base)
      if (clean === undefined) continue
      characters += name.length + clean.length
      try {
        target.setAttribute(name, clean)
      } catch {
        // Such as `"`, which only a parser can set.
      }
    }
    if (tag.includes('-') && !/^(inline|none|contents)/.test(displayOf(source))) {
      // Only the live page knows whether a custom element stands on lines of its own.
      target.setAttribute('data-tandem-block', '')
    }
    // Pictures that load when they are scrolled to have a placeholder until then.
    const lazy = tag === 'img' && target.getAttribute('data-src')
    if (lazy && !target.getAttribute('src')?.startsWith('http')) target.setAttribute('src', lazy)
    return target
  }

  const displayOf = (element: PageElement): string => window.getComputedStyle(element).display

  const childrenOf = (parent: PageNode): PageNode[] => {
    const children: PageNode[] = []
    for (let child = firstChildOf(parent); child; child = nextSiblingOf(child)) children.push(child)
    return children
  }

  /** What a reader sees inside an element. */
  const contentOf = (element: PageElement, tag: string): PageNode[] => {
    if (tag === 'iframe' || tag === 'frame') {
      const document = frameDocumentOf[tag](element)
      const body = document && bodyOf(document)
      return body ? childrenOf(body) : []
    }
    if (tag === 'slot') {
      const assigned = Array.from(slot.assignedNodes.call(element))
      return assigned.length > 0 ? assigned : childrenOf(element)
    }
    return childrenOf(shadowRootOf(element) ?? element)
  }

  const pending: { source: PageNode; target: PageElement; depth: number; base: string }[] = []
  const push = (sources: PageNode[], target: PageElement, depth: number, base: string): void => {
    for (let index = sources.length - 1; index >= 0; index--) {
      pending.push({ source: sources[index] as PageNode, target, depth, base })
    }
  }

  const visit = (source: PageNode, target: PageElement, depth: number, base: string): void => {
    const type = nodeTypeOf(source)
    if (type === 3 || type === 4) {
      const data = dataOf(source)
      const room = limits.characters - characters
      characters += data.length
      target.appendChild(copy.createTextNode(data.length > room ? data.slice(0, room) : data))
      return
    }
    if (type !== 1) return
    const element = source as PageElement
    const tag = localNameOf(element)
    const namespace = namespaceOf(element)
    if (namespace === 'http://www.w3.org/1998/Math/MathML') {
      const text = copy.createElement('span')
      text.textContent = textOf(element)
      target.appendChild(text)
      return
    }
    if (dropped.has(tag) || namespace !== 'http://www.w3.org/1999/xhtml') return
    const content = contentOf(element, tag)
    if (tag === 'slot') return push(content, target, depth, base)
    const framed = (tag === 'iframe' || tag === 'frame') && content.length > 0
    const made = framed ? copy.createElement('div') : copyElement(element, tag, base)
    target.appendChild(made)
    const next = depth < limits.depth ? made : target
    const inside = framed ? baseOf(content[0] as PageNode) : base
    push(content, next, depth + 1, inside)
  }

  const body = bodyOf(window.document)
  if (body) push(childrenOf(body), copy.body, 0, baseOf(body))
  for (let entry = pending.pop(); entry; entry = pending.pop()) {
    if (++nodes > limits.nodes || characters >= limits.characters) {
      cut = true
      break
    }
    visit(entry.source, entry.target, entry.depth, entry.base)
  }
  return { document: copy, cut }
}
