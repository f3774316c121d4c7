import { redact } from '@tandem-browser/core'
import { benchmarks } from './benchmarks.ts'
import { UsageError, helpText, parseCommandLine } from './command-line.ts'
import { report } from './report/report.ts'
import { writeResults } from './report/results-file.ts'
import { runBenchmarks } from './run-benchmarks.ts'
import { StopSignals, StoppedError } from './stop-signals.ts'

/** Answers the exit code. A goal that is not met is a result, not a failure. */
async function main(args: readonly string[]): Promise<number> {
  const commandLine = parseCommandLine(args, benchmarks)
  if (commandLine.help) {
    process.stdout.write(helpText(benchmarks))
    return 0
  }
  const { signal } = new StopSignals()
  const result = await runBenchmarks({
    benchmarks: commandLine.benchmarks,
    settings: commandLine.settings,
    signal,
    onProgress: (line) => process.stderr.write(`${line}\n`),
  })
  process.stdout.write(`\n${report(result)}\n`)
  const path = await writeResults(result, new Date(), commandLine.output)
  process.stderr.write(`\nAll samples: ${path}\n`)
  return result.failures.length === 0 ? 0 : 1
}

// Who stops reading, such as `head`, must not keep the clean-up from happening.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  if (error instanceof StoppedError) {
    process.exitCode = error.exitCode
  } else if (error instanceof UsageError) {
    process.stderr.write(`${error.message}\nSee: npm run bench -- --help\n`)
    process.exitCode = 2
  } else {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
    process.stderr.write(`${redact(text)}\n`)
    process.exitCode = 1
  }
}
