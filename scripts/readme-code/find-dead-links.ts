import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The anchor that a Markdown heading gets on GitHub and npm. */
function anchorOf(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')
}

function withoutCode(markdown: string): string {
  return markdown.replaceAll(/^(\s*)(`{3,}|~{3,})[\s\S]*?^\s*\2/gm, '')
}

/** Links to files of the repository, or to headings in them, that lead nowhere. */
export function findDeadLinks(root: string, markdownFiles: readonly string[]): string[] {
  return markdownFiles.flatMap((file) => {
    const text = withoutCode(readFileSync(join(root, file), 'utf8'))
    const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] ?? '')
    return targets.flatMap((target) => {
      if (/^[a-z]+:/i.test(target)) return []
      const [path = '', anchor] = target.split('#')
      const destination = path === '' ? join(root, file) : join(root, dirname(file), path)
      if (!existsSync(destination)) return [`${file} links to ${target}, which does not exist`]
      if (anchor === undefined || !destination.endsWith('.md')) return []
      const headings = withoutCode(readFileSync(destination, 'utf8')).matchAll(/^#+ (.*)$/gm)
      const found = [...headings].some((match) => anchorOf(match[1] ?? '') === anchor)
      return found ? [] : [`${file} links to ${target}, but there is no such heading`]
    })
  })
}
