import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { findDeadLinks } from './find-dead-links.ts'

test('finds links to files and headings that are not there', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tandem-links-'))
  try {
    mkdirSync(join(folder, 'docs'))
    writeFileSync(join(folder, 'docs', 'guide.md'), '# Guide\n\n## How it works, in short\n')
    writeFileSync(
      join(folder, 'README.md'),
      [
        '# Top',
        '[a](docs/guide.md) [b](docs/guide.md#how-it-works-in-short) [c](#top) [d](https://example.com/x)',
        '[e](docs/other.md) [f](docs/guide.md#elsewhere) [g](#bottom)',
        '```md',
        '[h](in-code.md)',
        '```',
      ].join('\n'),
    )
    expect(findDeadLinks(folder, ['README.md'])).toEqual([
      'README.md links to docs/other.md, which does not exist',
      'README.md links to docs/guide.md#elsewhere, but there is no such heading',
      'README.md links to #bottom, but there is no such heading',
    ])
  } finally {
    rmSync(folder, { recursive: true })
  }
})
