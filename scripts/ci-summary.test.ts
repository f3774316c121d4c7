import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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
  ).toEqual({ passed: 133, failed: 0, notes: [] })
})

test('a failed test and a failed check count once each', () => {
  expect(
    summarize({
      testsReport: testsOf(119, 1),
      testsExitCode: 1,
      checksReport: checksOf(12, 1),
      checksExitCode: 1,
    }),
  ).toEqual({ passed: 131, failed: 2, notes: [] })
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
