import type { PageElement } from './dom-types.ts'

interface Rule {
  filter: string | string[] | ((node: PageElement) => boolean)
  replacement: (content: string, node: PageElement) => string
}

interface Turndown {
  use(plugin: unknown): void
  addRule(name: string, rule: Rule): void
  turndown(root: PageElement): string
}

export type TurndownClass = new (options: object) => Turndown

/**
 * Turns cleaned HTML into GitHub-flavoured Markdown.
 *
 * Runs in the page, so it may use nothing but its arguments. `content` is left as it was.
 */
export function toMarkdown(
  content: PageElement,
  libraries: { TurndownService: TurndownClass; gfm: unknown },
): string {
  const turndown = new libraries.TurndownService({
    headingStyle: 'atx',
    hr: '---',
    bulletListMarker: '-',
    codeBlockStyle: 'fenced',
  })
  turndown.use(libraries.gfm)

  const oneLine = (text: string): string => text.replace(/\s*\n\s*/g, ' ').trim()
  const paragraph = (text: string): string => `\n\n${text}\n\n`

  const escapeAddress = (address: string): string =>
    address.replace(/[() ]/g, (character) => `%${character.charCodeAt(0).toString(16)}`)

  const languageOf = (pre: PageElement): string => {
    const code = pre.querySelector('code')
    const candidates = [code, pre, pre.parentNode, pre.parentNode?.parentNode]
    const pattern =
      /(?:^|\s)(?:language|lang|highlight-source|highlight-text|highlight)-([\w+#.-]+)/
    for (const element of candidates) {
      const named = element?.getAttribute('data-lang') ?? element?.getAttribute('data-language')
      if (named && /^[\w+#.-]{1,30}$/.test(named)) return named
      const match = pattern.exec(element?.getAttribute('class') ?? '')
      if (match?.[1]) return match[1]
    }
    return ''
  }

  turndown.addRule('heading', {
    filter: ['h1', 'h2', 'h3', 'h4', 'h5', 'h6'],
    replacement: (text, node) => {
      const title = oneLine(text)
      return title && paragraph(`${'#'.repeat(Number(node.nodeName.charAt(1)))} ${title}`)
    },
  })

  turndown.addRule('codeBlock', {
    filter: 'pre',
    replacement: (_, node) => {
      const text = node.textContent.replace(/\n+$/, '').replace(/^\n/, '')
      if (!text.trim()) return ''
      const runs = text.match(/`{3,}/g) ?? []
      const fence = '`'.repeat(Math.max(3, ...runs.map((run) => run.length + 1)))
      return paragraph(`${fence}${languageOf(node)}\n${text}\n${fence}`)
    },
  })

  for (const [names, mark] of [
    [['strong', 'b'], '**'],
    [['em', 'i'], '_'],
  ] as const) {
    turndown.addRule(mark, {
      filter: [...names],
      // Emphasis ends with its paragraph; around several it would be read as the characters.
      replacement: (text) => (!text.trim() || text.includes('\n\n') ? text : mark + text + mark),
    })
  }

  /** Number of each ordered list's next item; items come in their order. */
  const positions = new Map<PageElement, number>()
  turndown.addRule('listItem', {
    filter: 'li',
    replacement: (text, node) => {
      const list = node.parentNode
      let marker = '- '
      if (list?.nodeName === 'OL') {
        const first = Number.parseInt(list.getAttribute('start') ?? '1', 10)
        const position = positions.get(list) ?? (Number.isNaN(first) ? 1 : first)
        positions.set(list, position + 1)
        marker = `${position}. `
      }
      const loose = text.endsWith('\n\n') ? '\n' : ''
      const lines = text.trim().replace(/\n(?=[^\n])/g, `\n${' '.repeat(marker.length)}`)
      return `${marker}${lines}${loose}${node.nextSibling ? '\n' : ''}`
    },
  })

  // The plugin's own rule escapes twice, so a `|` ends the cell and `\_` becomes `\\_`.
  turndown.addRule('tableCell', {
    filter: ['th', 'td'],
    replacement: (text, node) => {
      const span = Number.parseInt(node.getAttribute('colspan') ?? '1', 10)
      const cell = oneLine(text).replace(/(?<!\\)\|/g, '\\|')
      const first = node.parentNode?.firstElementChild === node
      return `${first ? '| ' : ' '}${cell} |${'  |'.repeat(Math.min(Math.max(span || 1, 1), 50) - 1)}`
    },
  })

  turndown.addRule('link', {
    filter: (node) => node.nodeName === 'A' && node.hasAttribute('href'),
    replacement: (text, node) => {
      // A card that is one big link has headings and paragraphs in it, which a link cannot have.
      const label = oneLine(text.replace(/^\s*#{1,6} /gm, ''))
      const fallback = node.getAttribute('aria-label') ?? node.getAttribute('title') ?? ''
      const shown = label || oneLine(fallback).replace(/[[\]]/g, '')
      if (
        !shown ||
        (/^[#¶§🔗]$/u.test(shown.replace('\\', '')) && node.closest('h1,h2,h3,h4,h5,h6'))
      )
        return ''
      const link = `[${shown}](${escapeAddress(node.getAttribute('href') ?? '')})`
      return /\n\s*\n/.test(text.trim()) ? paragraph(link) : link
    },
  })

  turndown.addRule('image', {
    filter: 'img',
    replacement: (_, node) => {
      const source = node.getAttribute('src') ?? ''
      const alt = oneLine(node.getAttribute('alt') ?? '').replace(/[[\]]/g, '')
      // Of those that are written out in the page only the wanted ones are still there.
      if (!/^(http|data:image\/)/.test(source)) return alt
      return `![${alt}](${escapeAddress(source)})`
    },
  })

  turndown.addRule('block', {
    filter: (node) => node.hasAttribute('data-tandem-block') || node.nodeName === 'SUMMARY',
    replacement: (text) => paragraph(text),
  })

  const root = content.cloneNode(true)
  for (const element of root.querySelectorAll(
    'input:not([type=checkbox]), select, datalist, textarea, iframe, audio, video, meter, progress',
  )) {
    element.remove()
  }
  for (const lineBreak of root.querySelectorAll('pre br')) lineBreak.replaceWith('\n')
  const tables = [...root.querySelectorAll('table')]
  for (const table of tables) table.parentNode?.closest('table')?.setAttribute('data-outer', '')
  for (const table of tables) {
    for (const caption of table.querySelectorAll('caption')) table.before(...caption.childNodes)
    // Tables that only arrange things are no tables to a reader.
    const arranges = table.matches('[role=presentation], [role=none], [data-outer]')
    if (arranges || table.querySelectorAll('td, th').length === 1) unwrap(table)
  }
  return turndown.turndown(root)

  /** Makes every cell a block of its own; tables inside stay. */
  function unwrap(table: PageElement): void {
    const parts = [...table.querySelectorAll('tr, td, th, tbody, thead, tfoot')]
    for (const part of [table, ...parts.filter((each) => each.closest('table') === table)]) {
      const block = part.ownerDocument.createElement('div')
      block.append(...part.childNodes)
      part.replaceWith(block)
    }
  }
}
