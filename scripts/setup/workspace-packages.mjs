import { createHash } from 'node:crypto'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { runQuietly } from './child-processes.mjs'
import { installEnvironment } from './environment.mjs'
import { root } from './paths.mjs'
import { installFailure } from './registry-install.mjs'

/**
 * The packages of a workspace as folders below its root, as pnpm-workspace.yaml lists them.
 *
 * @param {string} [workspaceRoot]
 */
export function workspaceFolders(workspaceRoot = root) {
  const workspace = readFileSync(join(workspaceRoot, 'pnpm-workspace.yaml'), 'utf8')
  const list = /^packages:\n((?: +- .*\n)+)/m.exec(workspace)?.[1] ?? ''
  const folders = ['.']
  for (const [, pattern = ''] of list.matchAll(/- ['"]?([^'"\n]+)/g)) {
    if (!pattern.endsWith('/*')) {
      folders.push(pattern)
      continue
    }
    const parent = pattern.slice(0, -2)
    if (!existsSync(join(workspaceRoot, parent))) continue
    for (const name of readdirSync(join(workspaceRoot, parent)).toSorted())
      folders.push(join(parent, name))
  }
  return folders.filter((folder) => existsSync(join(workspaceRoot, folder, 'package.json')))
}

/** A hash of everything that decides what is installed. */
export function packagesFingerprint() {
  const hash = createHash('sha256')
  const manifests = workspaceFolders().map((folder) => join(folder, 'package.json'))
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', ...manifests]) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(root, file)))
      .update('\0')
  }
  return hash.digest('hex')
}

/** Whether every dependency of every package can be resolved, link by link. */
export function packagesArePresent() {
  if (!existsSync(join(root, 'node_modules', '.modules.yaml'))) return false
  return workspaceFolders().every((folder) => {
    const manifest = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
    const names = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies })
    return names.every((name) =>
      existsSync(join(root, folder, 'node_modules', name, 'package.json')),
    )
  })
}

/**
 * @param {string} node
 * @param {string} pnpm
 */
export async function installPackages(node, pnpm) {
  const env = installEnvironment()
  // Install scripts of packages run under the Node that they are for.
  env['PATH'] = `${join(node, '..')}:${env['PATH'] ?? ''}`
  const run = await runQuietly(
    pnpm,
    [
      'install',
      '--frozen-lockfile',
      '--prod=false',
      '--reporter=append-only',
      // The defaults would try an unreachable registry for many minutes.
      '--config.fetch-retries=2',
      '--config.fetch-retry-mintimeout=1000',
      '--config.fetch-retry-maxtimeout=5000',
    ],
    { cwd: root, env, deadlineSeconds: 900 },
  )
  if (run.code !== 0) throw installFailure('Installing the packages with pnpm', run)
}
