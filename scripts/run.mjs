import { runInForeground } from './setup/child-processes.mjs'
import { root } from './setup/paths.mjs'
import { reportFailure, setUp } from './setup.mjs'

/** What `npm run <name>` starts once everything is in place; more arguments are passed on. */
const jobs = {
  start: ['packages/server/src/main.ts', 'serve'],
  doctor: ['packages/server/src/main.ts', 'doctor'],
  tour: ['apps/tour/src/main.ts'],
  test: ['node_modules/vitest/vitest.mjs', 'run'],
  bench: ['bench/src/main.ts'],
  check: ['scripts/check.ts'],
}

/**
 * What serves anybody else than the project itself: it never runs without isolation because the
 * set-up thinks so, and says on its own what is wrong.
 */
const serving = new Set(['start', 'doctor'])

/** @param {string | undefined} name @returns {name is keyof typeof jobs} */
function isJob(name) {
  return name !== undefined && Object.hasOwn(jobs, name)
}

const [name, ...args] = process.argv.slice(2)
if (!isJob(name)) {
  process.stderr.write(`Say what to run: ${Object.keys(jobs).join(', ')}.\n`)
  process.exitCode = 2
} else {
  try {
    const { node, env, isolates } = await setUp({
      withNode22: name === 'test',
      saysIsolation: !serving.has(name),
    })
    // The tour, the tests and the benchmarks bring their own pages and code.
    if (!isolates && !serving.has(name)) env['TANDEM_ISOLATION'] ||= 'none'
    // Vitest sets it to `test`, and a server that was told `production` by a shell is no test.
    if (name === 'test') delete env['NODE_ENV']
    process.exitCode = await runInForeground(node, [...jobs[name], ...args], { cwd: root, env })
  } catch (error) {
    process.exitCode = reportFailure(error)
  }
}
