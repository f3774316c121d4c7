import type { CopyLimits, copyDocument } from './copy-document.ts'
import type { PageElement, PageWindow } from './dom-types.ts'
import type { ReadabilityClass, mainContent } from './main-content.ts'
import type { PageStatement, readMetadata } from './read-metadata.ts'
import type { TurndownClass, toMarkdown } from './to-markdown.ts'

export interface ExtractOptions {
  markdown: boolean
  html: boolean
  rawHtml: boolean
  links: boolean
  images: boolean
  /** Whether pictures that are written out in the page stay. */
  inlineImages: boolean
  includeTags: string[]
  excludeTags: string[]
  onlyMainContent: boolean
  /** Of the copy that is worked on. */
  limits: CopyLimits
  /** Characters of each text that is returned. */
  textLimit: number
}

export interface Extract {
  statement: PageStatement
  contentType: string
  markdown?: string
  html?: string
  rawHtml?: string
  links?: string[]
  images?: string[]
  warnings: string[]
  /** A selector of the request that is none. */
  badSelector?: { option: 'includeTags' | 'excludeTags'; selector: string }
}

/** What the page program is made of; see `page-program-source.ts`. */
export interface PageTools {
  copyDocument: typeof copyDocument
  mainContent: typeof mainContent
  readMetadata: typeof readMetadata
  toMarkdown: typeof toMarkdown
  Readability: ReadabilityClass
  TurndownService: TurndownClass
  gfm: unknown
}

/**
 * Turns the live document into the texts that were asked for.
 *
 * Runs in the page, so it may use nothing but its arguments.
 */
export function extract(window: PageWindow, tools: PageTools, options: ExtractOptions): Extract {
  const { document } = window
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- names what the DOM gives
  const read = <T>(name: string): T =>
    Object.getOwnPropertyDescriptor(window.Document.prototype, name)?.get?.call(document) as T
  const warnings: string[] = []
  const linkLimit = 10_000

  const bounded = (name: string, text: string): string => {
    if (text.length <= options.textLimit) return text
    warnings.push(`${name} was cut after ${options.textLimit} of ${text.length} characters.`)
    return text.slice(0, options.textLimit).toWellFormed()
  }

  const contentType = read<string>('contentType')
  const answer: Extract = { statement: tools.readMetadata(window), contentType, warnings }
  if (options.rawHtml) answer.rawHtml = bounded('rawHtml', rawHtml())
  const wanted = [options.markdown, options.html, options.links, options.images]
  if (!wanted.includes(true)) return answer

  if (!/html|^image\/|^video\/|^audio\//.test(contentType)) {
    const text = plainText().slice(0, options.textLimit + 1)
    if (options.markdown) answer.markdown = bounded('markdown', fenced(text))
    if (options.html) answer.html = bounded('html', `<pre>${escaped(text)}</pre>`)
    if (options.links) answer.links = []
    if (options.images) answer.images = []
    return answer
  }

  const copy = tools.copyDocument(window, options.limits, options.inlineImages)
  if (copy.cut) warnings.push('The page is very large; only its beginning was read.')
  const { body } = copy.document
  try {
    for (const selector of options.excludeTags) {
      answer.badSelector = { option: 'excludeTags', selector }
      for (const element of body.querySelectorAll(selector)) element.remove()
    }
    if (options.includeTags.length > 0) keepOnly(body)
    delete answer.badSelector
  } catch {
    return answer
  }

  if (options.links) answer.links = linksOf(body)
  if (options.images) answer.images = imagesOf(body)
  const main = options.onlyMainContent && options.includeTags.length === 0
  const content = main ? tools.mainContent(copy.document, tools.Readability) : body
  if (options.markdown) answer.markdown = bounded('markdown', markdownOf(content))
  if (options.html) {
    for (const element of content.querySelectorAll('[data-tandem-block]')) {
      element.removeAttribute('data-tandem-block')
    }
    answer.html = bounded('html', content.innerHTML.trim())
  }
  return answer

  function rawHtml(): string {
    const root = read<PageElement | null>('documentElement')
    const type = read<object | null>('doctype')
    const html = Object.getOwnPropertyDescriptor(window.Element.prototype, 'outerHTML')
    const text = root ? String(html?.get?.call(root)) : ''
    return type ? `${new window.XMLSerializer().serializeToString(type as never)}\n${text}` : text
  }

  /** JSON, XML, text: Chromium shows them in a page of its own making. */
  function plainText(): string {
    const root = read<PageElement | null>('documentElement')
    if (!root) return ''
    const source = root.querySelector('#webkit-xml-viewer-source-xml')
    if (source) return source.innerHTML
    if (root.localName === 'html') return (root.querySelector('pre') ?? root).textContent
    return new window.XMLSerializer().serializeToString(root)
  }

  function fenced(text: string): string {
    const language = /json|xml|yaml|javascript|css/.exec(contentType)?.[0]
    if (language === undefined || text === '') return text
    const runs = text.match(/`{3,}/g) ?? []
    const fence = '`'.repeat(Math.max(3, ...runs.map((run) => run.length + 1)))
    return `${fence}${language}\n${text.trimEnd()}\n${fence}`
  }

  function escaped(text: string): string {
    return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')
  }

  /** Leaves what the selectors match in the page's order, each element once. */
  function keepOnly(root: PageElement): void {
    for (const selector of options.includeTags) {
      answer.badSelector = { option: 'includeTags', selector }
      root.querySelector(selector)
    }
    const selectors = options.includeTags.join(', ')
    const matched = [...root.querySelectorAll(selectors)]
    const outermost = matched.filter((element) => !element.parentNode?.closest(selectors))
    for (const element of outermost) element.remove()
    for (const child of [...root.childNodes]) root.removeChild(child)
    root.append(...outermost)
  }

  /** Addresses of the whole page: web and mail, each once, without jumps within the page. */
  function linksOf(root: PageElement): string[] {
    const here = answer.statement.url.replace(/#.*$/, '')
    const found = new Set<string>()
    for (const element of root.querySelectorAll('a[href], area[href]')) {
      const address = element.getAttribute('href') ?? ''
      if (!/^(https?|mailto):/.test(address) || address.length > 4_000) continue
      if (address.startsWith(`${here}#`)) continue
      found.add(address)
      if (found.size === linkLimit) {
        warnings.push(`The page has more than ${linkLimit} links; the first are given.`)
        break
      }
    }
    return [...found]
  }

  /** Addresses of the page's pictures, also of those for other screens and those it is shared with. */
  function imagesOf(root: PageElement): string[] {
    const found = new Set<string>()
    const add = (address: string | null | undefined): void => {
      if (
        address &&
        /^https?:/.test(address) &&
        address.length <= 4_000 &&
        found.size < linkLimit
      ) {
        found.add(address)
      }
    }
    for (const element of root.querySelectorAll('img, picture source, video, input[type=image]')) {
      add(element.getAttribute(element.localName === 'video' ? 'poster' : 'src'))
      for (const candidate of (element.getAttribute('srcset') ?? '').split(/,\s+/)) {
        add(candidate.trim().split(/\s+/)[0])
      }
    }
    for (const [name, value] of answer.statement.entries) {
      if (/^(og:image(:secure_url|:url)?|twitter:image(:src)?)$/.test(name)) add(absolute(value))
    }
    if (found.size === linkLimit) {
      warnings.push(`The page has more than ${linkLimit} pictures; the first are given.`)
    }
    return [...found]
  }

  function absolute(address: string): string | undefined {
    try {
      return new window.URL(address, answer.statement.url).href
    } catch {
      return undefined
    }
  }

  function markdownOf(element: PageElement): string {
    try {
      return tools.toMarkdown(element, tools)
    } catch {
      warnings.push('The page could not be turned into Markdown; this is its text.')
      return element.textContent.trim()
    }
  }
}
