import { existsSync, readdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { runQuietly } from './child-processes.mjs'
import { hasApt, installPackages, withUnpackedPackage } from './debian-packages.mjs'
import { withWritableHome } from './environment.mjs'
import { root, toolchainFolder } from './paths.mjs'

/**
 * Whether this machine makes sandboxes, and with which bubblewrap.
 *
 * @typedef {{ bwrap?: string, problem?: { reason: string, sentence: string, remedy: string[] } }} IsolationReport
 */

const prefix = 'bubblewrap-'

/** The bubblewrap that an earlier set-up unpacked. */
function ownBubblewrap() {
  if (!existsSync(toolchainFolder)) return undefined
  const folder = readdirSync(toolchainFolder)
    .filter((name) => name.startsWith(prefix))
    .toSorted()
    .at(-1)
  const path = folder && join(toolchainFolder, folder, 'usr', 'bin', 'bwrap')
  return path && existsSync(path) ? path : undefined
}

/**
 * Makes a sandbox, to see whether that works: every time, because a setting of the kernel or of a
 * container may have changed.
 *
 * @param {string} node
 * @returns {Promise<IsolationReport>}
 */
export async function probeIsolation(node) {
  const own = ownBubblewrap()
  const run = await runQuietly(
    node,
    [
      '--disable-warning=ExperimentalWarning',
      join(root, 'scripts', 'setup', 'probe-isolation.mjs'),
      ...(own === undefined ? [] : [own]),
    ],
    { cwd: root, env: withWritableHome(process.env), deadlineSeconds: 60 },
  )
  if (run.code === 0) return JSON.parse(run.stdout)
  const why = run.timedOut ? 'no answer within a minute' : run.output.trim().split('\n').at(-1)
  const sentence = `Whether sandboxes can be made could not be found out (${why}).`
  return { problem: { reason: 'unknown', sentence, remedy: [] } }
}

/** @param {IsolationReport} report */
export function canInstallBubblewrap({ problem }) {
  return problem?.reason === 'bubblewrap-missing' && hasApt()
}

/**
 * Installs bubblewrap, or unpacks it where only root may install.
 *
 * @param {import('./progress.mjs').Progress} progress
 * @returns {Promise<boolean>} Whether it is there now.
 */
export async function installBubblewrap(progress) {
  return progress.step('bubblewrap', 'installing', async () => {
    const result = (await install()) || (await unpack())
    return { result, summary: result ? 'installed' : 'cannot be had here' }
  })
}

async function install() {
  if (process.getuid?.() !== 0) return false
  return (await installPackages(['bubblewrap'])).code === 0
}

async function unpack() {
  return withUnpackedPackage('bubblewrap', (version, files) => {
    const folder = join(toolchainFolder, `${prefix}${version}`)
    if (!existsSync(folder)) renameSync(files, folder)
  })
}

/**
 * One line on what keeps sessions from being isolated.
 *
 * @param {NonNullable<IsolationReport['problem']>} problem
 */
export function isolationNote({ sentence, remedy }) {
  const [only, ...more] = remedy
  const fix =
    only?.startsWith('    ') && more.length === 0
      ? `To change that: ${only.trim()}`
      : 'What changes that: npm run doctor'
  return `Optional: sessions cannot be isolated here. ${sentence} ${fix}.`
}
