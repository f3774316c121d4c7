/*
 * The part of the DOM that the page program uses. TypeScript's own DOM library is global: it would
 * let server code refer to `document`, or to a mistyped variable called `name`, without an error.
 */

export interface PageNode {
  readonly nodeType: number
  readonly nodeName: string
  readonly parentNode: PageElement | null
  readonly nextSibling: PageNode | null
  textContent: string
  appendChild<T extends PageNode>(child: T): T
  cloneNode(deep: boolean): this
  removeChild(child: PageNode): void
}

export interface PageElement extends PageNode {
  readonly localName: string
  readonly id: string
  readonly innerHTML: string
  readonly outerHTML: string
  readonly childNodes: Iterable<PageNode>
  readonly ownerDocument: PageDocument
  readonly firstElementChild: PageElement | null
  readonly lastElementChild: PageElement | null
  getAttribute(name: string): string | null
  setAttribute(name: string, value: string): void
  removeAttribute(name: string): void
  hasAttribute(name: string): boolean
  matches(selectors: string): boolean
  closest(selectors: string): PageElement | null
  querySelector(selectors: string): PageElement | null
  querySelectorAll(selectors: string): Iterable<PageElement> & ArrayLike<PageElement>
  append(...nodes: PageNode[]): void
  before(...nodes: PageNode[]): void
  prepend(...nodes: PageNode[]): void
  replaceWith(...nodes: (PageNode | string)[]): void
  remove(): void
}

export interface PageDocument extends PageNode {
  readonly body: PageElement
  createElement(name: string): PageElement
  createTextNode(text: string): PageNode
}

/** The global object of the isolated world. */
export interface PageWindow {
  readonly document: PageDocument
  readonly Node: { readonly prototype: object }
  readonly Element: { readonly prototype: object }
  readonly CharacterData: { readonly prototype: object }
  readonly Document: { readonly prototype: object }
  readonly HTMLIFrameElement: { readonly prototype: object }
  readonly HTMLFrameElement: { readonly prototype: object }
  readonly HTMLFormElement: { readonly prototype: object }
  readonly HTMLSlotElement: { readonly prototype: object }
  readonly DOMImplementation: {
    readonly prototype: { createHTMLDocument(title: string): PageDocument }
  }
  readonly URL: new (url: string, base?: string) => { href: string; protocol: string; hash: string }
  readonly XMLSerializer: new () => { serializeToString(node: PageNode): string }
  getComputedStyle(element: PageElement): { display: string }
}
