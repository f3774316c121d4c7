import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runQuietly } from './child-processes.mjs'
import { hasApt, installPackages } from './debian-packages.mjs'
import { withWritableHome } from './environment.mjs'
import { SetupFailure } from './failure.mjs'
import { root } from './paths.mjs'

/** @typedef {{ fingerprint: string, executablePath: string }} EngineRecord */

/** What decides which engine is used and where it is unpacked. */
function engineFingerprint() {
  const env = withWritableHome(process.env)
  const hash = createHash('sha256').update(readFileSync(join(root, 'pnpm-lock.yaml')))
  for (const name of ['TANDEM_CHROMIUM', 'TANDEM_CACHE_DIR', 'XDG_CACHE_HOME', 'HOME']) {
    hash.update(`\0${name}=${env[name] ?? ''}`)
  }
  return hash.digest('hex')
}

/** @param {EngineRecord | undefined} record */
export function engineIsPresent(record) {
  return record?.fingerprint === engineFingerprint() && existsSync(record.executablePath)
}

/** @param {string} node */
async function findEngine(node) {
  const run = await runQuietly(
    node,
    ['--disable-warning=ExperimentalWarning', join(root, 'scripts', 'setup', 'find-engine.mjs')],
    { cwd: root, env: withWritableHome(process.env), deadlineSeconds: 300 },
  )
  if (run.timedOut) {
    throw new SetupFailure(
      'Unpacking the browser engine took more than five minutes and was stopped; run the command again.',
    )
  }
  if (run.code === 0) return { engine: JSON.parse(run.stdout), advice: undefined }
  if (run.code !== 3)
    throw new SetupFailure('The browser engine could not be prepared.', run.output)
  return { engine: undefined, advice: run.output.trim() }
}

/**
 * The libraries that the engine lacks come from apt where we may use it; elsewhere the sentence of
 * the engine, which holds the one command, is all that can be done.
 *
 * @param {import('./progress.mjs').Progress} progress
 * @param {string} advice
 */
async function installLibraries(progress, advice) {
  const names = /apt-get install -y ((?:[a-z0-9][a-z0-9.+-]*(?: |$))+)/
    .exec(advice)?.[1]
    ?.trim()
    .split(' ')
  if (names === undefined || process.getuid?.() !== 0 || !hasApt()) {
    throw new SetupFailure(advice)
  }
  await progress.step('system libraries', `installing ${names.join(' ')}`, async () => {
    const { code, output } = await installPackages(names)
    if (code !== 0) throw new SetupFailure(`apt-get could not install them. ${advice}`, output)
    return { result: undefined, summary: 'installed' }
  })
}

/**
 * @param {import('./progress.mjs').Progress} progress
 * @param {string} node
 * @returns {Promise<EngineRecord>}
 */
export async function prepareEngine(progress, node) {
  const prepare = async () => {
    const found = await findEngine(node)
    const { kind, version } = found.engine ?? {}
    return { result: found, summary: found.engine ? `${kind} ${version}` : 'cannot start yet' }
  }
  let found = await progress.step('browser engine', 'preparing', prepare)
  if (found.engine === undefined) {
    await installLibraries(progress, found.advice ?? '')
    found = await progress.step('browser engine', 'trying again', prepare)
  }
  if (found.engine === undefined) throw new SetupFailure(found.advice ?? '')
  return { fingerprint: engineFingerprint(), executablePath: found.engine.executablePath }
}
