import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

import { copyDocument } from './page-program/copy-document.ts'
import { type ExtractOptions, extract } from './page-program/extract.ts'
import { mainContent } from './page-program/main-content.ts'
import { readMetadata } from './page-program/read-metadata.ts'
import { toMarkdown } from './page-program/to-markdown.ts'

let libraries: string | undefined

/**
 * An expression that is the page program's answer. The libraries' browser builds and our own
 * functions go along as text, so that all of it runs in the page's renderer.
 */
export function pageProgram(options: ExtractOptions): string {
  libraries ??= readLibraries()
  return `(() => {
    ${libraries}
    return (${extract.toString()})(globalThis, {
      copyDocument: ${copyDocument.toString()},
      mainContent: ${mainContent.toString()},
      readMetadata: ${readMetadata.toString()},
      toMarkdown: ${toMarkdown.toString()},
      Readability, TurndownService, gfm,
    }, ${JSON.stringify(options)})
  })()`
}

function readLibraries(): string {
  const require = createRequire(import.meta.url)
  const readability = readFileSync(require.resolve('@mozilla/readability/Readability.js'), 'utf8')
  const turndown = readFileSync(require.resolve('turndown/dist/turndown.js'), 'utf8')
  const plugin = readFileSync(
    fileURLToPath(import.meta.resolve('@truto/turndown-plugin-gfm')),
    'utf8',
  )
  // It is published as a module only; its names are all that is needed here.
  const script = plugin.replace(/^export \{[^}]*\};?$/m, '').replace(/^\/\/# source.*$/m, '')
  if (/^(export|import)\b/m.test(script)) {
    throw new Error('@truto/turndown-plugin-gfm has exports of a kind that is not known here.')
  }
  return [readability, turndown, script].join('\n;\n')
}
