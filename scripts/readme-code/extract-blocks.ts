/** A fenced block of TypeScript or JavaScript in a Markdown file. */
export interface CodeBlock {
  /** Line of the first line of code in the Markdown file, counted from 1. */
  line: number
  extension: 'mts' | 'mjs'
  code: string
}

export interface RefusedBlock {
  line: number
  message: string
}

const extensions: Readonly<Record<string, CodeBlock['extension']>> = {
  ts: 'mts',
  typescript: 'mts',
  mts: 'mts',
  tsx: 'mts',
  js: 'mjs',
  javascript: 'mjs',
  mjs: 'mjs',
  jsx: 'mjs',
}

/**
 * Takes the code out of a Markdown file. A comment `<!-- given ... -->` right above a block holds
 * lines that the block goes on from (imports, what an earlier block declared); it is checked with
 * the block and not shown.
 */
export function extractBlocks(markdown: string): { blocks: CodeBlock[]; refused: RefusedBlock[] } {
  const lines = markdown.split('\n')
  const blocks: CodeBlock[] = []
  const refused: RefusedBlock[] = []
  let given: { line: number; text: string[] } | undefined

  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index] ?? ''
    if (line.trim() === '<!-- given') {
      const start = index + 1
      while (index < lines.length && lines[index]?.trim() !== '-->') index += 1
      given = { line: start + 1, text: lines.slice(start, index) }
      continue
    }
    const fence = /^(\s*)(`{3,}|~{3,})\s*(\S*)\s*(.*)$/.exec(line)
    if (fence === null) {
      if (line.trim() !== '') given = undefined
      continue
    }
    const [, indent = '', marker = '', language = '', rest = ''] = fence
    const start = index + 1
    index = start
    while (index < lines.length && !isClosing(lines[index] ?? '', marker)) index += 1
    if (index === lines.length) {
      refused.push({ line: start, message: 'this block of code is never closed.' })
    }

    const extension = extensions[language.toLowerCase()]
    if (extension !== undefined && rest !== '') {
      const message = `a block of code is marked '${language}' and nothing more, so not '${rest}'.`
      refused.push({ line: start, message })
    } else if (extension !== undefined) {
      const code = lines.slice(start, index).map((text) => text.replace(indent, ''))
      const firstLine = given?.line ?? start + 1
      // Empty lines in between keep every line where it is in the Markdown file.
      const gap = start + 1 - firstLine - (given?.text.length ?? 0)
      const before = [...(given?.text ?? []), ...Array.from({ length: gap }, () => '')]
      blocks.push({ line: firstLine, extension, code: [...before, ...code].join('\n') })
    }
    given = undefined
  }
  return { blocks, refused }
}

function isClosing(line: string, marker: string): boolean {
  const text = line.trim()
  return text.startsWith(marker) && text.replaceAll(marker.charAt(0), '') === ''
}
