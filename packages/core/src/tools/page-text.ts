/** Characters of a page that are brought over; an execution may print 1 MiB. */
const longestText = 250_000

const visibleText = `(document.body ?? document.documentElement).innerText ?? ''`

/**
 * Runs in the page and turns what is visible into Markdown. It is a text, as no build step may
 * change it: what a bundler adds to a function does not exist in the page.
 */
const markdown = String.raw`(() => {
  const skipped = /^(script|style|noscript|template|svg|canvas|video|audio|object|embed)$/
  const tagOf = (element) => element.localName
  const childrenOf = (node) => {
    if (node.shadowRoot) return node.shadowRoot.childNodes
    const assigned = tagOf(node) === 'slot' ? node.assignedNodes() : []
    return assigned.length > 0 ? assigned : node.childNodes
  }
  const addressOf = (value) => (/^(https?|mailto|tel):/.test(value) ? value : '')
  const wrap = (sign, text) => (text ? sign + text + sign : '')
  const oneLine = (element) => blocksOf(element).join(' ').replace(/\s+/g, ' ').trim()

  const inlineOf = (element) => {
    switch (tagOf(element)) {
      case 'br':
        return '\n'
      case 'img':
        return element.alt ? '![' + element.alt + '](' + addressOf(element.src) + ')' : ''
      case 'input':
        return /^(hidden|password)$/.test(element.type) ? '' : '[' + (element.value || element.placeholder || element.type) + ']'
      case 'select':
        return '[' + [...element.selectedOptions].map((option) => option.label).join(', ') + ']'
      case 'textarea':
        return '[' + (element.value || element.placeholder) + ']'
      case 'a': {
        const text = oneLine(element)
        const address = addressOf(element.href)
        return text && address ? '[' + text + '](' + address + ')' : text
      }
      case 'strong':
      case 'b':
        return wrap('**', oneLine(element))
      case 'em':
      case 'i':
        return wrap('*', oneLine(element))
      case 'code':
      case 'kbd':
        return wrap('\x60', oneLine(element))
      default:
        return blocksOf(element).join(' ')
    }
  }

  const tableOf = (table) => {
    const rows = [...table.rows].map((row) =>
      [...row.cells].map((cell) => oneLine(cell).replaceAll('|', '\\|')),
    )
    const width = Math.max(0, ...rows.map((row) => row.length))
    if (width < 2 || table.querySelector('table')) return blocksOf(table)
    const lines = rows.filter((row) => row.length > 0).map((row) => {
      const cells = [...row, ...Array(width - row.length).fill('')]
      return '| ' + cells.join(' | ') + ' |'
    })
    lines.splice(1, 0, '|' + ' --- |'.repeat(width))
    const caption = table.caption ? [oneLine(table.caption)] : []
    return [...caption, lines.join('\n')]
  }

  const listOf = (list) => {
    const items = [...childrenOf(list)].filter((node) => node.nodeType === 1 && isVisible(node))
    return items.map((item, index) => {
      const bullet = tagOf(list) === 'ol' ? (list.start || 1) + index + '. ' : '- '
      const text = blocksOf(item).join('\n').replaceAll('\n', '\n' + ' '.repeat(bullet.length))
      return bullet + text
    }).join('\n')
  }

  const blockOf = (element) => {
    const tag = tagOf(element)
    if (/^h[1-6]$/.test(tag)) {
      const text = oneLine(element)
      return text ? ['#'.repeat(Number(tag[1])) + ' ' + text] : []
    }
    switch (tag) {
      case 'ul':
      case 'ol':
      case 'menu':
        return [listOf(element)]
      case 'pre':
        return ['\x60\x60\x60\n' + element.innerText.trimEnd() + '\n\x60\x60\x60']
      case 'blockquote':
        return ['> ' + blocksOf(element).join('\n\n').replaceAll('\n', '\n> ')]
      case 'hr':
        return ['---']
      case 'table':
        return tableOf(element)
      case 'iframe': {
        let inner
        try { inner = element.contentDocument?.body } catch {}
        return inner ? blocksOf(inner) : []
      }
      default:
        return /^(img|input|select|textarea|a|button)$/.test(tag) ? [inlineOf(element)] : blocksOf(element)
    }
  }

  const isVisible = (element) =>
    !skipped.test(tagOf(element)) && getComputedStyle(element).display !== 'none' &&
    getComputedStyle(element).visibility !== 'hidden'
  const isBlock = (element) =>
    tagOf(element) === 'iframe' || !/^inline/.test(getComputedStyle(element).display)

  function blocksOf(parent) {
    const blocks = []
    let line = ''
    const flush = () => {
      const text = line.replace(/ *\n */g, '\n').replace(/ +/g, ' ').trim()
      if (text) blocks.push(text)
      line = ''
    }
    for (const node of childrenOf(parent)) {
      if (node.nodeType === 3) line += node.data.replace(/\s+/g, ' ')
      if (node.nodeType !== 1 || !isVisible(node)) continue
      if (!isBlock(node)) line += inlineOf(node)
      else {
        flush()
        blocks.push(...blockOf(node).filter(Boolean))
      }
    }
    flush()
    return blocks
  }

  try {
    return blocksOf(document.body ?? document.documentElement).join('\n\n')
  } catch {
    // Nested deeper than the stack.
    return ${visibleText}
  }
})()`

/** JavaScript that gives the text of the page that it runs in. */
export function pageTextScript(format: 'markdown' | 'text'): string {
  const text = format === 'markdown' ? markdown : visibleText
  return `(() => { const text = String(${text}); return { total: text.length, text: text.slice(0, ${longestText}).toWellFormed() } })()`
}

/** What such a script gave. The page may have had a hand in it. */
export function readPageText(result: unknown): { text: string; cut: boolean } {
  const { text, total } = Object(result) as Record<string, unknown>
  const known = typeof text === 'string' ? text : ''
  return { text: known, cut: typeof total === 'number' && total > known.length }
}
