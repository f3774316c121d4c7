import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { summarize } from './ci-summary.mjs'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tandem-summary-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function report(name: string, content: string): string {
  const file = join(folder, name)
  writeFileSync(file, content)
  return file
}

function testsOf(passed: number, failed: number): string {
  return report('tests.json', JSON.stringify({ numPassedTests: passed, numFailedTests: failed }))
}

function checksOf(passed: number, failed: number): string {
  return report('checks.json', JSON.stringify({ passed, failed }))
}

test('adds tests and checks', () => {
  expect(
    summarize({
      testsReport: testsOf(120, 0),
      testsExitCode: 0,
      checksReport: checksOf(13, 0),
      checksExitCode: 0,
    }),
  ).toEqual({ passed: 133, failed: 0, skipped: 0, notes: [] })
})

test('a failed test and a failed check count once each', () => {
  expect(
    summarize({
      testsReport: testsOf(119, 1),
      testsExitCode: 1,
      checksReport: checksOf(12, 1),
      checksExitCode: 1,
    }),
  ).toEqual({ passed: 131, failed: 2, skipped: 0, notes: [] })
})

test('skipped tests are counted apart, in the closing line as well', async () => {
  const counts = { numPassedTests: 100, numFailedTests: 0, numPendingTests: 19, numTodoTests: 1 }
  const testsReport = report('tests.json', JSON.stringify(counts))
  const checksReport = checksOf(13, 0)
  expect(
    summarize({ testsReport, testsExitCode: 0, checksReport, checksExitCode: 0 }),
  ).toMatchObject({ passed: 113, failed: 0, skipped: 20 })
  const script = fileURLToPath(new URL('ci-summary.mjs', import.meta.url))
  const closing = async (tests: string): Promise<string> => {
    const run = promisify(execFile)
    const { stdout } = await run(process.execPath, [script, tests, '0', checksReport, '0'])
    return stdout
  }
  expect(await closing(testsReport)).toBe('113 passed, 0 failed, 20 skipped\n')
  expect(await closing(testsOf(100, 0))).toBe('113 passed, 0 failed\n')
})

test('tests that crash after all of them passed are a failure', () => {
  const { passed, failed, notes } = summarize({
    testsReport: testsOf(120, 0),
    testsExitCode: 1,
    checksReport: checksOf(13, 0),
    checksExitCode: 0,
  })
  expect({ passed, failed }).toEqual({ passed: 133, failed: 1 })
  expect(notes).toEqual(['The tests ended with exit code 1 after 120 tests.'])
})

test('no tests at all are a failure, even with exit code 0', () => {
  expect(
    summarize({
      testsReport: testsOf(0, 0),
      testsExitCode: 0,
      checksReport: checksOf(13, 0),
      checksExitCode: 0,
    }).failed,
  ).toBe(1)
})

test('reports that were never written, or only in part, are failures', () => {
  const { passed, failed } = summarize({
    testsReport: join(folder, 'missing.json'),
    testsExitCode: 1,
    checksReport: report('checks.json', '{"passed":'),
    checksExitCode: 137,
  })
  expect({ passed, failed }).toEqual({ passed: 0, failed: 2 })
})
