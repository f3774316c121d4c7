import { runInForeground } from './setup/child-processes.mjs'
import { isolationNote } from './setup/isolation.mjs'
import { root } from './setup/paths.mjs'
import { reportFailure, setUp } from './setup.mjs'

/** What `npm run <name>` starts once everything is in place; more arguments are passed on. */
const jobs = {
  start: ['packages/server/src/main.ts', 'serve'],
  doctor: ['packages/server/src/main.ts', 'doctor'],
  tour: ['apps/tour/src/main.ts'],
  'langchain-agent': ['apps/langchain-agent/src/main.ts'],
  'ai-sdk-chat': ['apps/ai-sdk-chat/launch/main.ts'],
  test: ['node_modules/vitest/vitest.mjs', 'run'],
  bench: ['bench/src/main.ts'],
  compare: ['scripts/compare.ts'],
  check: ['scripts/check.ts'],
}

/**
 * What goes on where sessions cannot be isolated: the jobs that bring their own pages and code. Not
 * so the server, which says by itself what is wrong.
 *
 * @type {Partial<Record<keyof typeof jobs, string>>}
 */
const withoutIsolation = {
  tour: 'The tour runs without isolation.',
  'langchain-agent': 'The agent runs without isolation.',
  'ai-sdk-chat': 'The chat runs without isolation.',
  test: 'The tests run without isolation, and those of isolation itself are skipped.',
  bench: 'The benchmarks run without isolation.',
  check: 'The examples run without isolation.',
}

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
    const { node, env, isolationProblem } = await setUp({ withNode22: name === 'test' })
    const consequence = withoutIsolation[name]
    const isUpToUs = env['TANDEM_ISOLATION'] !== 'bubblewrap'
    // A sandbox that is made and keeps too little apart is a defect, which tests are to show.
    const isDefect = name === 'test' && isolationProblem?.reason === 'not-isolated'
    if (isolationProblem && consequence !== undefined && isUpToUs && !isDefect) {
      env['TANDEM_ISOLATION'] = 'none'
      process.stderr.write(`${isolationNote(isolationProblem)} ${consequence}\n`)
    }
    // Vitest sets it to `test`, and a server that was told `production` by a shell is no test.
    if (name === 'test') delete env['NODE_ENV']
    process.exitCode = await runInForeground(node, [...jobs[name], ...args], { cwd: root, env })
  } catch (error) {
    process.exitCode = reportFailure(error)
  }
}
