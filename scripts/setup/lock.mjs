import {
  linkSync,
  mkdirSync,
  readFileSync,
  rmSync,
  rmdirSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { SetupFailure } from './failure.mjs'

const waitSeconds = 20 * 60
/** Breaking a lock takes microseconds; a folder older than this was left by a killed process. */
const breakingSeconds = 10

/** @param {unknown} error @param {string} code */
function hasCode(error, code) {
  return error instanceof Error && /** @type {NodeJS.ErrnoException} */ (error).code === code
}

/**
 * When a process started, in clock ticks: tells a process from a later one with the same id.
 *
 * @param {number} pid
 */
function startTime(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  } catch {
    return ''
  }
}

/** @param {string} owner "pid start-time" */
function isAlive(owner) {
  const [pid, started] = owner.split(' ')
  try {
    process.kill(Number(pid), 0)
  } catch (error) {
    return hasCode(error, 'EPERM')
  }
  return startTime(Number(pid)) === (started ?? '')
}

/** @param {string} file */
function readOwner(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  }
}

/**
 * Creates the lock with its content in one step, so that nobody reads a half-written owner.
 *
 * @param {string} file
 */
function tryTake(file) {
  const own = `${file}.${process.pid}`
  writeFileSync(own, `${process.pid} ${startTime(process.pid)}`)
  try {
    linkSync(own, file)
    return true
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false
    throw error
  } finally {
    rmSync(own, { force: true })
  }
}

/**
 * Removes the lock of a dead process. The folder makes the look and the removal one step: without
 * it, two waiters that saw the same dead owner could remove each other's fresh lock.
 *
 * @param {string} file
 */
function breakIfAbandoned(file) {
  const breaking = `${file}.breaking`
  try {
    mkdirSync(breaking)
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error
    const age = Date.now() - (statSync(breaking, { throwIfNoEntry: false })?.mtimeMs ?? Date.now())
    if (age > breakingSeconds * 1000) rmSync(breaking, { recursive: true, force: true })
    return
  }
  try {
    const owner = readOwner(file)
    if (owner !== undefined && !isAlive(owner)) rmSync(file, { force: true })
  } finally {
    rmdirSync(breaking)
  }
}

/**
 * Runs `work` while no other set-up of this repository runs.
 *
 * @template T
 * @param {string} folder
 * @param {(pid: string) => void} onWait Called once when somebody else holds the lock.
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(folder, onWait, work) {
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'setup.lock')
  const deadline = Date.now() + waitSeconds * 1000
  let told = false
  while (!tryTake(file)) {
    const owner = readOwner(file)
    if (owner === undefined) continue
    if (!isAlive(owner)) {
      breakIfAbandoned(file)
    } else if (!told) {
      told = true
      onWait(owner.split(' ')[0] ?? '?')
    } else if (Date.now() > deadline) {
      throw new SetupFailure(
        `Another set-up (process ${owner.split(' ')[0]}) has held ${file} for ${waitSeconds / 60} minutes; end that process and try again.`,
      )
    }
    await delay(100)
  }
  const release = () => rmSync(file, { force: true })
  process.once('exit', release)
  try {
    return await work()
  } finally {
    process.off('exit', release)
    release()
  }
}
