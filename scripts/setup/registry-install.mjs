import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, delimiter, dirname, join } from 'node:path'
import { runQuietly } from './child-processes.mjs'
import { installEnvironment } from './environment.mjs'
import { SetupFailure } from './failure.mjs'
import { toolchainFolder } from './paths.mjs'

const networkFailure =
  /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT|UND_ERR|ERR_PNPM_META_FETCH_FAIL|error sending request|dns error/
const diskFailure = /ENOSPC|No space left/

/**
 * One sentence for the usual ways in which an install fails.
 *
 * @param {string} what
 * @param {{ output: string, timedOut: boolean }} run
 */
export function installFailure(what, run) {
  if (run.timedOut) {
    return new SetupFailure(
      `${what} took too long and was stopped; run the command again.`,
      run.output,
    )
  }
  if (diskFailure.test(run.output)) {
    return new SetupFailure(`${what} failed because the disk is full.`, run.output)
  }
  if (networkFailure.test(run.output)) {
    return new SetupFailure(
      `${what} failed because the package registry cannot be reached; check the network (or the proxy) and run the command again.`,
      run.output,
    )
  }
  return new SetupFailure(`${what} failed; the output above says why.`, run.output)
}

/** npm as it was called (`npm run` says where it is), or else the one on the PATH. */
export function findNpm() {
  const caller = process.env['npm_execpath']
  if (caller !== undefined && basename(caller) === 'npm-cli.js' && existsSync(caller)) {
    return { command: process.execPath, args: [caller] }
  }
  for (const folder of [
    ...(process.env['PATH'] ?? '').split(delimiter),
    dirname(process.execPath),
  ]) {
    if (folder !== '' && existsSync(join(folder, 'npm'))) {
      return { command: join(folder, 'npm'), args: [] }
    }
  }
  throw new SetupFailure(
    'npm was not found; it comes with Node (https://nodejs.org) or as the package npm of your system.',
  )
}

/** @param {string} name The folder of one tool, named after its version. */
export function toolFolder(name) {
  return join(toolchainFolder, name)
}

/** Removes what an interrupted install left behind. Only while the lock is held. */
export function removePartialTools() {
  if (!existsSync(toolchainFolder)) return
  for (const name of readdirSync(toolchainFolder)) {
    if (name.startsWith('.partial-'))
      rmSync(join(toolchainFolder, name), { recursive: true, force: true })
  }
}

/**
 * Installs one package, at one version, into a folder of its own. The folder gets its name when it
 * is complete, so one that is there is whole. Packages with a native binary for one platform are
 * asked for by that name: no install script has to run, and npm 11 would not run one.
 *
 * @param {string} name
 * @param {string} specifier `package@version`
 */
export async function installTool(name, specifier) {
  const npm = findNpm()
  const partial = join(toolchainFolder, `.partial-${process.pid}-${name}`)
  mkdirSync(partial, { recursive: true })
  try {
    // Without a manifest of its own npm would look for one in the folders above.
    writeFileSync(join(partial, 'package.json'), '{ "private": true }\n')
    const run = await runQuietly(
      npm.command,
      [
        ...npm.args,
        'install',
        specifier,
        '--prefix',
        partial,
        '--no-save',
        '--no-package-lock',
        '--no-audit',
        '--no-fund',
        '--no-update-notifier',
        '--ignore-scripts',
        '--no-bin-links',
        '--install-strategy=hoisted',
        '--no-global',
        '--no-dry-run',
        '--no-workspaces',
        '--loglevel=error',
        '--no-progress',
        '--fetch-retries=2',
        '--fetch-retry-mintimeout=1000',
        '--fetch-retry-maxtimeout=5000',
      ],
      { cwd: partial, env: installEnvironment(), deadlineSeconds: 600 },
    )
    if (run.code !== 0) throw installFailure(`Installing ${specifier} with npm`, run)
    renameSync(partial, toolFolder(name))
  } finally {
    rmSync(partial, { recursive: true, force: true })
  }
}
