import { readPageArgument } from './page-argument.ts'

const argument = readPageArgument(process.argv.slice(2))
if (argument.problem === undefined) {
  // Only now: a wrong argument is answered before a server and Playwright are loaded.
  const { runTour } = await import('./run-tour.ts')
  const { steps } = await import('./all-steps.ts')
  process.exitCode = await runTour({ steps, url: argument.url })
} else {
  process.stderr.write(`${argument.problem}\nUse: npm run tour [-- https://any.page]\n`)
  process.exitCode = 2
}

// Nothing is left to wait for. Should something be, it is a leak, and this says so.
setTimeout(() => {
  process.stderr.write('The tour is over, but something that it started still runs.\n')
  process.exit(1)
}, 5_000).unref()
