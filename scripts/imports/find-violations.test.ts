import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { root } from '../setup/paths.mjs'
import { findViolations } from './find-violations.ts'

/** What the rules say of a repository that holds just these files. */
function violationsOf(files: Record<string, string>): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'tandem-imports-'))
  try {
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true })
      writeFileSync(join(folder, name), content)
    }
    return findViolations(folder).map(({ file, line, message }) => `${file}:${line} ${message}`)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test('this repository keeps to its import rules', () => {
  expect(findViolations(root)).toEqual([])
})

describe('between packages', () => {
  test('core imports nothing at run time', () => {
    expect(
      violationsOf({
        'packages/core/src/a.ts':
          "import type { X } from 'ws'\n\nimport { readFile } from 'node:fs'",
      }),
    ).toEqual(["packages/core/src/a.ts:3 core imports nothing from outside, so not 'node:fs'."])
  })

  test('the server takes types of core, and nothing else', () => {
    expect(
      violationsOf({
        'packages/server/src/a.ts': "import type { Session } from '@tandem-browser/core'",
        'packages/server/src/b.ts': "import { type Session, Tandem } from '@tandem-browser/core'",
        'packages/server/src/c.ts': "export * from '@tandem-browser/core'",
        'packages/server/src/d.ts': "await import('@tandem-browser/core')",
        'packages/server/src/e.ts': "import '@tandem-browser/core'",
      }).map((line) => line.split(' ')[0]),
    ).toEqual(['b', 'c', 'd', 'e'].map((name) => `packages/server/src/${name}.ts:1`))
  })

  test('an adapter does not know the server or another adapter', () => {
    expect(
      violationsOf({
        'packages/playwright-connect/src/a.ts':
          "import { Tandem } from '@tandem-browser/core'\nimport { startServer } from '@tandem-browser/server'",
      }),
    ).toEqual([
      "packages/playwright-connect/src/a.ts:2 playwright-connect must not import '@tandem-browser/server'.",
    ])
  })

  test('nobody reaches into the folder of another package', () => {
    expect(
      violationsOf({
        'apps/tour/src/a.ts': "import { Tandem } from '../../../packages/core/src/index.ts'",
        'bench/src/a.ts': "import { Tandem } from '@tandem-browser/core'",
      }),
    ).toEqual([
      "apps/tour/src/a.ts:1 '../../../packages/core/src/index.ts' leaves the package; import the other package by its name.",
    ])
  })

  test('a new package needs a rule', () => {
    expect(violationsOf({ 'packages/new/src/a.ts': '' })).toHaveLength(1)
  })
})

describe('between the folders of the server', () => {
  test('imports go down', () => {
    expect(
      violationsOf({
        'packages/server/src/http/routes.ts': "import '../sessions/session.ts'",
        'packages/server/src/sessions/session.ts': "import '../cdp/client.ts'",
        'packages/server/src/cdp/client.ts': "import '../sandbox/isolation.ts'",
        'packages/server/src/sandbox/isolation.ts': '',
      }),
    ).toEqual([])
  })

  test('nothing below imports http, not even its types', () => {
    expect(
      violationsOf({
        'packages/server/src/http/errors.ts': '',
        'packages/server/src/sessions/session.ts': "import type { A } from '../http/errors.ts'",
        'packages/server/src/sandbox/isolation.ts': "await import('../sessions/session.ts')",
      }),
    ).toEqual([
      "packages/server/src/sandbox/isolation.ts:1 '../sessions/session.ts' belongs to a higher layer.",
      "packages/server/src/sessions/session.ts:1 '../http/errors.ts' belongs to a higher layer.",
    ])
  })

  test('a file of the root folder is as high as what it imports', () => {
    expect(
      violationsOf({
        'packages/server/src/config.ts': '',
        'packages/server/src/server.ts': "import './http/routes.ts'",
        'packages/server/src/http/routes.ts': "import '../config.ts'",
        'packages/server/src/kernels/kernel.ts': "import '../config.ts'\nimport '../server.ts'",
      }),
    ).toEqual(["packages/server/src/kernels/kernel.ts:2 '../server.ts' belongs to a higher layer."])
  })

  test('a new folder needs a layer, and tests are free', () => {
    expect(
      violationsOf({
        'packages/server/src/new/a.ts': '',
        'packages/server/src/cdp/a.test.ts': "import '../http/routes.ts'",
      }),
    ).toEqual([
      'packages/server/src/new/a.ts:1 its folder has no layer in scripts/imports/import-rules.ts.',
    ])
  })
})
