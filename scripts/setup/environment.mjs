import { accessSync, constants, mkdirSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { stateFolder } from './paths.mjs'

/** Where packages come from and how to get there: the npm settings of the caller that we keep. */
const keptNpmSettings =
  /^npm_config_(registry|ca|cafile|proxy|https?_proxy|noproxy|strict_ssl|cache|userconfig|globalconfig|@.*|\/\/.*)$/i

/** @param {string | undefined} folder */
function isWritable(folder) {
  if (folder === undefined || folder === '') return false
  try {
    accessSync(folder, constants.W_OK)
    return true
  } catch {
    return false
  }
}

/**
 * The same environment, with a home of our own where there is none that can be written to: package
 * managers, the engine and Chromium all keep something there.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {NodeJS.ProcessEnv}
 */
export function withWritableHome(env) {
  if (isWritable(env['HOME'])) return { ...env }
  const home = join(stateFolder, 'home')
  mkdirSync(home, { recursive: true })
  return { ...env, HOME: home }
}

/**
 * The environment for package managers: ours, without the settings that `npm run` leaves in it
 * (`omit`, `dry_run`, `workspace`, ...) and that would change what gets installed.
 *
 * @returns {NodeJS.ProcessEnv}
 */
export function installEnvironment() {
  /** @type {NodeJS.ProcessEnv} */
  const env = {}
  for (const [name, value] of Object.entries(process.env)) {
    if (/^(npm|pnpm)_/i.test(name) && !keptNpmSettings.test(name)) continue
    env[name] = value
  }
  // In production mode the tools of the project would be left out.
  delete env['NODE_ENV']
  // `npm run` names the cache of the home that it was given, writable or not.
  if (!isWritable(env['HOME'])) delete env['npm_config_cache']
  // Nobody is there to answer a question.
  env['CI'] = 'true'
  return withWritableHome(env)
}

/**
 * The environment for the job itself: the project's own Node and pnpm come first.
 *
 * @param {{ node: string, pnpm: string, node22: string | undefined, bwrap: string | undefined, python: string | undefined }} toolchain
 * @returns {NodeJS.ProcessEnv}
 */
export function jobEnvironment(toolchain) {
  const env = withWritableHome(process.env)
  for (const name of Object.keys(env)) {
    if (/^npm_(?!config_(registry|cafile|https?_proxy|noproxy)$)/i.test(name)) delete env[name]
  }
  delete env['NODE']
  env['PATH'] = [dirname(toolchain.node), dirname(toolchain.pnpm), process.env['PATH'] ?? ''].join(
    delimiter,
  )
  env['TURBO_TELEMETRY_DISABLED'] = '1'
  env['DO_NOT_TRACK'] ??= '1'
  // Sources that were stripped and compiled once: most of what a short command does is that.
  env['NODE_COMPILE_CACHE'] ??= join(stateFolder, 'compile-cache')
  if (toolchain.bwrap !== undefined) env['TANDEM_BWRAP'] ||= toolchain.bwrap
  if (toolchain.python !== undefined) env['TANDEM_PYTHON'] ||= toolchain.python
  if (toolchain.node22 !== undefined) env['TANDEM_TEST_NODE_22'] = toolchain.node22
  return env
}
