import { accessSync, chmodSync, constants, existsSync } from 'node:fs'
import { join } from 'node:path'
import { SetupFailure } from './failure.mjs'
import { installTool, toolFolder } from './registry-install.mjs'

const nodeVersion = '24.21.0'
const node22Version = '22.23.3'
const pnpmVersion = '12.21.0'

/** @param {string} version */
function isAtLeast(version, major = 0, minor = 0) {
  const [ownMajor = 0, ownMinor = 0] = version.split('.').map(Number)
  return ownMajor > major || (ownMajor === major && ownMinor >= minor)
}

function usesMusl() {
  if (process.platform !== 'linux') return false
  const report = /** @type {{ header?: { glibcVersionRuntime?: string } }} */ (
    process.report.getReport()
  )
  return report.header?.glibcVersionRuntime === undefined
}

/** Stops with a sentence where nothing below can work. */
export function checkPlatform() {
  if (!isAtLeast(process.versions.node, 20)) {
    throw new SetupFailure(
      `Node ${process.versions.node} is too old to run the set-up, which needs Node 20 or newer: https://nodejs.org`,
    )
  }
  if (process.platform !== 'linux' && process.platform !== 'darwin') {
    throw new SetupFailure(
      `The set-up does not know ${process.platform}; use Linux or macOS (on Windows: WSL).`,
    )
  }
}

/** The package that holds Node's binary for this machine, where there is one. */
function nodePackage() {
  const { platform, arch } = process
  const available = platform === 'linux' && (arch === 'x64' || arch === 'arm64') && !usesMusl()
  return available ? `node-${platform}-${arch}` : undefined
}

/** @typedef {{ path: string, name: string, specifier: string, folder: string }} Tool */

/** @param {string} version @returns {Tool | undefined} */
function nodeTool(version) {
  const packageName = nodePackage()
  if (packageName === undefined) return undefined
  const folder = `node-${version}`
  return {
    name: `Node ${version}`,
    folder,
    specifier: `${packageName}@${version}`,
    path: join(toolFolder(folder), 'node_modules', packageName, 'bin', 'node'),
  }
}

/**
 * The Node of the project: the running one when it is new enough, else one of our own. `undefined`
 * for the tool means that there is nothing to install.
 *
 * @returns {{ path: string, tool: Tool | undefined }}
 */
export function chooseNode() {
  if (isAtLeast(process.versions.node, 24)) return { path: process.execPath, tool: undefined }
  const tool = nodeTool(nodeVersion)
  if (tool !== undefined) return { path: tool.path, tool }
  if (isAtLeast(process.versions.node, 22, 18)) return { path: process.execPath, tool: undefined }
  throw new SetupFailure(
    `Node ${process.versions.node} is too old, and there is no ready-made Node for ${process.platform} ${process.arch}; install Node ${nodeVersion} yourself: https://nodejs.org`,
  )
}

/** The oldest supported major, on which one test runs what is published. */
export function chooseNode22() {
  return nodeTool(node22Version)
}

/** @returns {Tool} */
export function choosePnpm() {
  const packageName = `@pnpm/exe.${process.platform}-${process.arch}${usesMusl() ? '-musl' : ''}`
  const folder = `pnpm-${pnpmVersion}`
  return {
    name: `pnpm ${pnpmVersion}`,
    folder,
    specifier: `${packageName}@${pnpmVersion}`,
    path: join(toolFolder(folder), 'node_modules', packageName, 'pnpm'),
  }
}

/** @param {Tool} tool */
export function isInstalled(tool) {
  return existsSync(tool.path)
}

/** @param {Tool} tool */
export async function install(tool) {
  await installTool(tool.folder, tool.specifier)
  if (!existsSync(tool.path)) {
    throw new SetupFailure(`${tool.specifier} was installed but holds no ${tool.path}.`)
  }
  try {
    accessSync(tool.path, constants.X_OK)
  } catch {
    chmodSync(tool.path, 0o755)
  }
}
