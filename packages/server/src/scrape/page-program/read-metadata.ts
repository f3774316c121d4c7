import type { PageElement, PageWindow } from './dom-types.ts'

export interface PageStatement {
  url: string
  title: string
  language: string
  /** Names and contents of the `meta` elements, in the page's order. */
  entries: [name: string, content: string][]
  favicon: string | undefined
}

/**
 * Reads what the page says of itself.
 *
 * Runs in the page, so it may use nothing but its arguments.
 */
export function readMetadata(window: PageWindow): PageStatement {
  const { document } = window
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- names what the DOM gives
  const read = <T>(name: string): T =>
    Object.getOwnPropertyDescriptor(window.Document.prototype, name)?.get?.call(document) as T
  const all = (selectors: string): PageElement[] => {
    const { querySelectorAll } = window.Document.prototype as Pick<PageElement, 'querySelectorAll'>
    return [...querySelectorAll.call(document as never, selectors)]
  }
  const clean = (text: string | null | undefined): string =>
    (text ?? '').replace(/\s+/g, ' ').trim().slice(0, 5_000)

  const entries: [string, string][] = []
  for (const meta of all('meta[content]').slice(0, 200)) {
    const name = clean(meta.getAttribute('property') ?? meta.getAttribute('name')).slice(0, 100)
    const content = clean(meta.getAttribute('content'))
    if (name && content) entries.push([name, content])
  }
  const icon = all('link[rel~=icon][href]')[0] as { href?: string } | undefined
  return {
    url: read<string>('URL'),
    title: clean(read<string>('title')),
    language: clean(read<PageElement | null>('documentElement')?.getAttribute('lang')).slice(0, 35),
    entries,
    favicon: icon?.href?.startsWith('http') ? icon.href.slice(0, 2_000) : undefined,
  }
}
