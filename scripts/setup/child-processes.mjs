import { spawn } from 'node:child_process'
import { constants } from 'node:os'

/**
 * Every child leads a process group of its own, so that ending it also ends what it started, and
 * so that a Ctrl-C reaches it once, from here, and not a second time from the terminal or npm.
 *
 * @type {Set<import('node:child_process').ChildProcess>}
 */
const running = new Set()

/** @type {NodeJS.Signals | undefined} */
let stoppedBy
let lastSignalAt = 0

/** npm passes a Ctrl-C on to us although the terminal already sent it: one key press, two signals. */
const samePressMilliseconds = 300
/** How long children may take to clean up after the first signal. */
const graceMilliseconds = 20_000
const terminationSignals = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])

/**
 * @param {import('node:child_process').ChildProcess} child
 * @param {NodeJS.Signals} signal
 */
function signalGroup(child, signal) {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, signal)
  } catch {
    // The group is gone already.
  }
}

/** @param {NodeJS.Signals} signal */
function exitCodeOf(signal) {
  return 128 + (constants.signals[signal] ?? 0)
}

/** @param {NodeJS.Signals} signal */
function onSignal(signal) {
  if (running.size === 0) process.exit(exitCodeOf(signal))
  const now = Date.now()
  if (stoppedBy !== undefined && now - lastSignalAt < samePressMilliseconds) return
  lastSignalAt = now
  if (stoppedBy !== undefined) {
    for (const child of running) signalGroup(child, 'SIGKILL')
    return
  }
  stoppedBy = signal
  for (const child of running) {
    // The child only: it has to end its own children in order. The group is swept when it is gone.
    child.kill(signal)
    setTimeout(() => signalGroup(child, 'SIGKILL'), graceMilliseconds).unref()
  }
}

for (const signal of terminationSignals) process.on(signal, onSignal)
process.on('exit', () => {
  for (const child of running) signalGroup(child, 'SIGKILL')
})

/**
 * Under `npm run`, an npm that was killed has told nobody: its end is taken for a request to stop.
 * Elsewhere a parent may well end first, as a shell does that started us in the background.
 */
function watchParent() {
  if (process.env['npm_lifecycle_event'] === undefined) return
  const parent = process.ppid
  setInterval(() => {
    if (process.ppid !== parent && stoppedBy === undefined) onSignal('SIGTERM')
  }, 1000).unref()
}

watchParent()

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {import('node:child_process').SpawnOptions} options
 */
function start(command, args, options) {
  const child = spawn(command, args, { ...options, detached: true })
  running.add(child)
  /** @type {Promise<{ code: number, error?: NodeJS.ErrnoException }>} */
  const ended = new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: 127, error }))
    child.once('close', (code, signal) => {
      signalGroup(child, 'SIGKILL')
      resolve({ code: signal === null ? (code ?? 1) : exitCodeOf(signal) })
    })
  })
  const exited = ended.then((end) => {
    running.delete(child)
    if (stoppedBy !== undefined && running.size === 0) process.exitCode = exitCodeOf(stoppedBy)
    return end
  })
  return { child, exited }
}

/**
 * Runs a command with our own terminal and resolves to its exit code (128 + n after signal n).
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd: string, env: NodeJS.ProcessEnv }} options
 */
export async function runInForeground(command, args, options) {
  const { exited } = start(command, args, { ...options, stdio: 'inherit' })
  const { code, error } = await exited
  if (error !== undefined) throw error
  return stoppedBy === undefined ? code : exitCodeOf(stoppedBy)
}

/**
 * Runs a command and keeps what it prints. After the deadline the whole process group is killed.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd: string, env: NodeJS.ProcessEnv, deadlineSeconds: number }} options
 * @returns {Promise<{ code: number, output: string, stdout: string, timedOut: boolean }>}
 */
export async function runQuietly(command, args, options) {
  const { child, exited } = start(command, args, {
    cwd: options.cwd,
    env: options.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  let stdout = ''
  child.stdout?.setEncoding('utf8').on('data', (text) => {
    stdout += text
    output += text
  })
  child.stderr?.setEncoding('utf8').on('data', (text) => (output += text))
  let timedOut = false
  const deadline = setTimeout(() => {
    timedOut = true
    signalGroup(child, 'SIGKILL')
  }, options.deadlineSeconds * 1000)
  try {
    const { code, error } = await exited
    if (stoppedBy !== undefined) process.exit(exitCodeOf(stoppedBy))
    return { code, output: error === undefined ? output : error.message, stdout, timedOut }
  } finally {
    clearTimeout(deadline)
  }
}
