// Adds up what `npm test` and the checks left behind, prints the closing line and decides the exit
// code. Plain JavaScript for any Node, because it also has to speak when the set-up failed.
import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

/**
 * @param {string | undefined} file
 * @returns {Record<string, unknown> | undefined} undefined when the file is missing or cut short
 */
function readReport(file) {
  try {
    return JSON.parse(readFileSync(file ?? '', 'utf8'))
  } catch {
    return undefined
  }
}

/** @param {unknown} value */
function count(value) {
  return typeof value === 'number' ? value : 0
}

/**
 * A run that ended badly counts as one failure more when no single test or check says so: it
 * crashed, it never started, or it found nothing to do.
 *
 * @param {{ passed: number, failed: number }} counts
 * @param {number} exitCode
 */
function judge({ passed, failed }, exitCode) {
  const unexplained = failed === 0 && (exitCode !== 0 || passed === 0)
  return { passed, failed: failed + (unexplained ? 1 : 0), unexplained }
}

/**
 * @param {{ testsReport: string | undefined, testsExitCode: number, checksReport: string | undefined, checksExitCode: number }} runs
 */
export function summarize({ testsReport, testsExitCode, checksReport, checksExitCode }) {
  const vitest = readReport(testsReport)
  const tests = judge(
    { passed: count(vitest?.['numPassedTests']), failed: count(vitest?.['numFailedTests']) },
    testsExitCode,
  )
  const report = readReport(checksReport)
  const checks = judge(
    { passed: count(report?.['passed']), failed: count(report?.['failed']) },
    checksExitCode,
  )
  const notes = []
  if (tests.unexplained)
    notes.push(`The tests ended with exit code ${testsExitCode} after ${tests.passed} tests.`)
  if (checks.unexplained)
    notes.push(`The checks ended with exit code ${checksExitCode} after ${checks.passed} checks.`)
  const skipped = count(vitest?.['numPendingTests']) + count(vitest?.['numTodoTests'])
  return {
    passed: tests.passed + checks.passed,
    failed: tests.failed + checks.failed,
    skipped,
    notes,
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [testsReport, testsExitCode, checksReport, checksExitCode] = process.argv.slice(2)
  const { passed, failed, skipped, notes } = summarize({
    testsReport,
    testsExitCode: Number(testsExitCode),
    checksReport,
    checksExitCode: Number(checksExitCode),
  })
  for (const note of notes) console.log(note)
  const suffix = skipped > 0 ? `, ${skipped} skipped` : ''
  console.log(`${passed} passed, ${failed} failed${suffix}`)
  process.exitCode = failed > 0 ? 1 : 0
}
