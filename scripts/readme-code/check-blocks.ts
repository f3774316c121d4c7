import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, sep } from 'node:path'
import { workspaceFolders } from '../setup/workspace-packages.mjs'
import { extractBlocks } from './extract-blocks.ts'

/** What an example may assume: a program of its own, under Node, with a page to evaluate code in. */
const compilerOptions = {
  target: 'es2024',
  lib: ['es2024', 'esnext.disposable', 'dom', 'dom.iterable', 'dom.asynciterable'],
  module: 'nodenext',
  moduleDetection: 'force',
  strict: true,
  // Few readers have set it, and the types of `langchain` do not fit each other under it.
  exactOptionalPropertyTypes: false,
  noUncheckedIndexedAccess: true,
  allowImportingTsExtensions: true,
  erasableSyntaxOnly: true,
  allowJs: true,
  checkJs: true,
  skipLibCheck: true,
  noEmit: true,
  types: ['node'],
}

const skipped = new Set(['node_modules', 'dist', 'output', 'results', 'CHANGELOG.md'])

/** Every Markdown file that people read: not the changelogs, not what is installed or made. */
export function findMarkdown(root: string, folder = ''): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter(({ name }) => !name.startsWith('.') && !skipped.has(name))
    .flatMap((entry) => {
      const path = join(folder, entry.name)
      if (entry.isDirectory()) return findMarkdown(root, path)
      return entry.name.endsWith('.md') ? [path] : []
    })
    .toSorted()
}

/** Everything that any package of the workspace can import, by name. */
function installedModules(root: string): Map<string, string> {
  const modules = new Map<string, string>()
  for (const folder of workspaceFolders(root)) {
    const manifest = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as {
      name: string
      dependencies?: Record<string, string>
      devDependencies?: Record<string, string>
    }
    if (folder.startsWith(`packages${sep}`)) modules.set(manifest.name, join(root, folder))
    for (const name of Object.keys({ ...manifest.dependencies, ...manifest.devDependencies })) {
      const target = join(root, folder, 'node_modules', name)
      if (!modules.has(name) && existsSync(target)) modules.set(name, realpathSync(target))
    }
  }
  return modules
}

/**
 * Type-checks every block of code of these Markdown files, each as a program of its own, against
 * the packages of the workspace.
 *
 * @returns one line a problem, as `file:line message`, and how many blocks were checked
 */
export function checkBlocks(
  root: string,
  markdownFiles: readonly string[],
  modulesRoot: string = root,
): { problems: string[]; checked: number } {
  const problems: string[] = []
  const project = mkdtempSync(join(realpathSync(tmpdir()), 'tandem-readme-code-'))
  try {
    for (const [name, target] of installedModules(modulesRoot)) {
      const link = join(project, 'node_modules', name)
      mkdirSync(dirname(link), { recursive: true })
      symlinkSync(target, link, 'dir')
    }
    let checked = 0
    const origins = new Map<string, { markdown: string; line: number }>()
    for (const markdown of markdownFiles) {
      const { blocks, refused } = extractBlocks(readFileSync(join(root, markdown), 'utf8'))
      problems.push(...refused.map(({ line, message }) => `${markdown}:${line} ${message}`))
      for (const { line, extension, code } of blocks) {
        checked += 1
        const file = `block-${checked}.${extension}`
        origins.set(file, { markdown, line })
        writeFileSync(join(project, file), `${code}\n`)
      }
    }
    if (checked === 0) return { problems, checked }

    writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }\n')
    writeFileSync(
      join(project, 'tsconfig.json'),
      JSON.stringify({ compilerOptions, include: ['*'] }),
    )
    const compiler = join(
      dirname(createRequire(import.meta.url).resolve('typescript/package.json')),
      'bin',
      'tsc',
    )
    const run = spawnSync(process.execPath, [compiler, '-p', project, '--pretty', 'false'], {
      cwd: project,
      encoding: 'utf8',
      timeout: 120_000,
      killSignal: 'SIGKILL',
    })
    problems.push(...inMarkdown(run.stdout, origins))
    if (run.status !== 0 && run.stdout.trim() === '') {
      problems.push(`the type check did not run: ${run.error?.message ?? run.stderr}`)
    }
    return { problems, checked }
  } finally {
    rmSync(project, { recursive: true, force: true })
  }
}

/** The compiler's findings, each at its place in the Markdown file. */
function inMarkdown(
  output: string,
  origins: ReadonlyMap<string, { markdown: string; line: number }>,
): string[] {
  return (
    output
      // The lines of an explanation are indented and belong to the one above.
      .split(/\n(?!\s)/)
      .filter((text) => text.trim() !== '')
      .flatMap((text) => {
        const place = /^(.+?)\((\d+),(\d+)\): /.exec(text)
        if (place === null) return [text]
        const origin = origins.get(place[1] ?? '')
        // A mistake in a package's own source is for the type check of that package to report.
        if (origin === undefined) return []
        const line = origin.line + Number(place[2]) - 1
        return [`${origin.markdown}:${line}:${place[3]} ${text.slice(place[0].length)}`]
      })
  )
}
