import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../setup/paths.mjs'
import { checkBlocks } from './check-blocks.ts'
import { extractBlocks } from './extract-blocks.ts'

function check(markdown: string): { problems: string[]; checked: number } {
  const folder = mkdtempSync(join(tmpdir(), 'tandem-readme-test-'))
  try {
    writeFileSync(join(folder, 'README.md'), markdown)
    return checkBlocks(folder, ['README.md'], root)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test('finds TypeScript and JavaScript, and leaves other languages alone', () => {
  const { blocks, refused } = extractBlocks(
    ['```ts', 'const a = 1', '```', '', '```bash', 'npm test', '```', '~~~js', 'b()', '~~~'].join(
      '\n',
    ),
  )
  expect(blocks).toEqual([
    { line: 2, extension: 'mts', code: 'const a = 1' },
    { line: 9, extension: 'mjs', code: 'b()' },
  ])
  expect(refused).toEqual([])
})

test('a block inside a list loses the indentation of the list', () => {
  const { blocks } = extractBlocks('- so:\n\n  ```ts\n  if (a) {\n    b()\n  }\n  ```\n')
  expect(blocks[0]?.code).toBe('if (a) {\n  b()\n}')
})

test('no block may opt out of the check', () => {
  expect(extractBlocks('```ts no-check\nnonsense(\n```').refused).toEqual([
    { line: 1, message: "a block of code is marked 'ts' and nothing more, so not 'no-check'." },
  ])
})

test('a block that is never closed is refused', () => {
  expect(extractBlocks('```ts\nconst a = 1\n').refused).toHaveLength(1)
})

test('code that fits the packages passes', () => {
  const { problems, checked } = check(
    [
      '```ts',
      "import type { Session } from '@tandem-browser/core'",
      "import { chromium } from 'playwright-core'",
      'const id = (session: Session) => session.id',
      'console.log(id, chromium.name())',
      '```',
    ].join('\n'),
  )
  expect(problems).toEqual([])
  expect(checked).toBe(1)
})

test('a mistake is reported with the line of the Markdown file', () => {
  const { problems } = check(
    '# Title\n\n```ts\nconst a: number = 1\n```\n\n```ts\n\nconst b: number = "one"\n```\n',
  )
  expect(problems).toHaveLength(1)
  expect(problems[0]).toMatch(/^README\.md:9:7 error TS2322: /)
})

test('a name that a package does not export is reported', () => {
  const { problems } = check("```ts\nimport { noSuchThing } from '@tandem-browser/core'\n```\n")
  expect(problems[0]).toMatch(/^README\.md:2:10 error TS2305: .*noSuchThing/)
})

test('a block may go on from lines that are not shown', () => {
  const { problems, checked } = check(
    [
      '<!-- given',
      'declare const count: number',
      '-->',
      '',
      '```ts',
      'const doubled: string = count * 2',
      '```',
    ].join('\n'),
  )
  expect(checked).toBe(1)
  expect(problems).toHaveLength(1)
  expect(problems[0]).toMatch(/^README\.md:6:7 error TS2322: /)
})
