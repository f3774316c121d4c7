import type { PageDocument, PageElement } from './dom-types.ts'

/** Mozilla's Readability, as far as it is used. */
export type ReadabilityClass = new (
  document: PageDocument,
  options: object,
) => { parse(): { content: PageElement } | null }

/**
 * Finds what the page is about: first what is surely not it goes (navigation, footers, hidden parts,
 * cookie banners), then comes the only `main` or `article`, if it holds a good part of what is left,
 * then what Readability takes for the article, if it holds most of it, else all that is left. It
 * rather keeps too much than loses content. A page that has nothing but navigation is kept whole.
 *
 * Runs in the page, so it may use nothing but its arguments. `document` is left as it was.
 */
export function mainContent(document: PageDocument, Readability: ReadabilityClass): PageElement {
  const notContent = [
    'nav, [role=navigation], [role=search], [role=dialog], [role=alertdialog], [aria-modal=true]',
    '[hidden]:not([hidden=until-found]), dialog:not([open])',
  ].join(', ')
  /** Not content only at the level of the page; an article has a header of its own. */
  const aroundContent = [
    'header, footer, aside, [role=banner], [role=contentinfo], [role=complementary]',
    '.navbar, .nav, .navigation, .breadcrumb, .breadcrumbs, .sidebar, .skip-link',
    '.header, .site-header, .page-header, .footer, .site-footer, .page-footer',
    '.cookie, .cookies, .cookie-banner, .cookie-consent, .cookie-notice',
    '.ad, .ads, .advert, .advertisement, .adsbygoogle, .share-buttons, .social-share, .modal',
    '#header, #footer, #nav, #navbar, #navigation, #sidebar, #cookie-banner, #onetrust-consent-sdk',
  ].join(', ')
  const content = 'main, article, [role=main], [role=article]'

  const lengthOf = (element: PageElement): number => element.textContent.replace(/\s+/g, ' ').length

  const strip = (body: PageElement): void => {
    for (const element of body.querySelectorAll(notContent)) {
      if (!element.querySelector(content)) element.remove()
    }
    const whole = lengthOf(body)
    for (const element of body.querySelectorAll(aroundContent)) {
      if (element.closest(content) || element.querySelector(content)) continue
      if (element.closest('section') && element.matches('header, footer')) continue
      // A guess by class must not cost most of the page.
      if (lengthOf(element) > whole / 2) continue
      const heading = element.querySelector('h1')
      if (heading) element.replaceWith(heading)
      else element.remove()
    }
  }

  /** The only element of a kind, if it holds a good part of the page's text. */
  const only = (body: PageElement, selectors: string): PageElement | undefined => {
    const all = [...body.querySelectorAll(selectors)]
    const outermost = all.filter((element) => !element.parentNode?.closest(selectors))
    const [first] = outermost
    if (!first || outermost.length > 1) return undefined
    return lengthOf(first) > lengthOf(body) * 0.4 ? first : undefined
  }

  const readable = (source: PageDocument): PageElement | undefined => {
    const copy = source.cloneNode(true)
    for (const heading of copy.body.querySelectorAll('h1')) {
      heading.setAttribute('data-tandem-title', '')
    }
    let found: PageElement | undefined
    try {
      const options = {
        keepClasses: true,
        disableJSONLD: true,
        maxElemsToParse: 20_000,
        serializer: (element: PageElement) => element,
      }
      // It wraps what it has found twice.
      found = new Readability(copy, options).parse()?.content.firstElementChild ?? undefined
    } catch {
      // Too large for it, or the page's rules forbid `innerHTML`.
    }
    if (!found || lengthOf(found) < lengthOf(source.body) * 0.6) return undefined
    // Readability makes every h1 an h2.
    for (const heading of found.querySelectorAll('[data-tandem-title]')) {
      const title = copy.createElement('h1')
      title.append(...heading.childNodes)
      heading.replaceWith(title)
    }
    return found
  }

  const stripped = document.cloneNode(true)
  strip(stripped.body)
  const meaningful = stripped.body.textContent.trim() || stripped.body.querySelector('img, video')
  if (!meaningful) return document.body

  const container =
    only(stripped.body, 'main, [role=main]') ??
    only(stripped.body, 'article, [role=article]') ??
    readable(stripped)
  if (!container) return stripped.body
  if (!container.querySelector('h1')) {
    // The title often stands above the article.
    const titles = stripped.body.querySelectorAll('h1')
    const [title] = titles
    if (title && titles.length === 1) container.prepend(title.cloneNode(true))
  }
  const root = stripped.createElement('div')
  root.append(...(container.id.startsWith('readability-') ? container.childNodes : [container]))
  return root
}
