import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { runQuietly } from './child-processes.mjs'
import { root, toolchainFolder } from './paths.mjs'

const deadlineSeconds = 300

/** Whether this is Debian, Ubuntu or a descendant of them. */
export function hasApt() {
  return existsSync('/usr/bin/apt-get') && existsSync('/usr/bin/dpkg-deb')
}

/**
 * Installs packages where that is allowed, which is for root alone.
 *
 * @param {readonly string[]} names
 */
export async function installPackages(names) {
  const options = {
    cwd: root,
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    deadlineSeconds,
  }
  const update = await runQuietly('apt-get', ['update', '-q'], options)
  const install = await runQuietly(
    'apt-get',
    ['install', '-y', '-q', '--no-install-recommends', ...names],
    options,
  )
  return { code: install.code, output: update.output + install.output }
}

/**
 * Unpacks a package into a folder, without installing it and without being root. It comes from the
 * machine's own sources, and apt checks it against their signatures. What it depends on must be
 * there already.
 *
 * @param {string} name
 * @param {(version: string, files: string) => void} take Gets the folder with its files, which is
 *   gone afterwards.
 * @returns {Promise<boolean>} Whether it could be had.
 */
export async function withUnpackedPackage(name, take) {
  mkdirSync(toolchainFolder, { recursive: true })
  const partial = mkdtempSync(join(toolchainFolder, `.partial-${process.pid}-${name}-`))
  const options = { cwd: partial, env: { ...process.env, LC_ALL: 'C' }, deadlineSeconds }
  try {
    // Many machines, such as those of container images, have no lists of packages.
    if ((await runQuietly('apt-get', ['-q', 'download', name], options)).code !== 0) {
      const own = ownState(partial)
      // Its exit code also tells of sources that have nothing to do with this package.
      await runQuietly('apt-get', [...own, '-q', 'update'], options)
      await runQuietly('apt-get', [...own, '-q', 'download', name], options)
    }
    const archive = readdirSync(partial).find((file) => file.endsWith('.deb'))
    if (archive === undefined) return false
    const files = join(partial, 'files')
    const unpacked = await runQuietly('dpkg-deb', ['-x', archive, files], options)
    if (unpacked.code !== 0) return false
    const version = archive.split('_')[1]?.replace(/[^\w.+~-]/g, '') ?? 'unknown'
    take(version, files)
    return true
  } finally {
    rmSync(partial, { recursive: true, force: true })
  }
}

/**
 * Lets apt keep its lists and caches in a folder of ours, and fetch no more than it needs.
 *
 * @param {string} folder
 */
function ownState(folder) {
  const lists = join(folder, 'lists')
  const cache = join(folder, 'cache')
  for (const path of [lists, cache]) mkdirSync(join(path, 'partial'), { recursive: true })
  mkdirSync(join(cache, 'archives', 'partial'), { recursive: true })
  return [
    `Dir::State::Lists=${lists}`,
    `Dir::Cache=${cache}`,
    'Acquire::Languages=none',
    'Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false',
    'Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled=false',
    'Acquire::Retries=1',
    'Acquire::http::Timeout=20',
    'Acquire::https::Timeout=20',
  ].flatMap((setting) => ['-o', setting])
}
