import { constants } from 'node:fs'
import { access, chmod } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** The agent-browser CLI, as its npm package brings it. */
export interface AgentBrowser {
  /** Folder of the package: what the program finds its guides in. */
  readonly package: string
  /** The program for this machine, below that folder. */
  readonly program: string
  readonly version: string
}

/** Why there is no agent-browser, and what would be right. */
export interface AgentBrowserProblem {
  readonly problem: string
  /** What to do, as a sentence that holds the command. */
  readonly fix: string
}

const fix = 'Run: npm install agent-browser'

/** Finds the program and makes it executable, which npm's own installation may not have done. */
export async function findAgentBrowser(): Promise<AgentBrowser | AgentBrowserProblem> {
  const require = createRequire(import.meta.url)
  let manifest: string
  try {
    manifest = require.resolve('agent-browser/package.json')
  } catch {
    return { problem: 'The package agent-browser is not installed.', fix }
  }
  const { version } = require(manifest) as { version: string }
  const folder = dirname(manifest)
  const platform = `${process.platform}${usesMusl() ? '-musl' : ''}-${process.arch}`
  const program = join('bin', `agent-browser-${platform}`)
  const path = join(folder, program)
  if (!(await can(path, constants.F_OK))) {
    return {
      problem: `agent-browser ${version} has no program for ${platform}.`,
      fix: 'See https://github.com/vercel-labs/agent-browser for how to build one.',
    }
  }
  if (!(await can(path, constants.X_OK))) await chmod(path, 0o755).catch(() => {})
  if (!(await can(path, constants.X_OK))) {
    return { problem: `The program ${path} is not executable.`, fix: `Run: chmod 755 '${path}'` }
  }
  return { package: folder, program, version }
}

let musl: boolean | undefined

/** Whether this is a system without glibc, such as Alpine. */
function usesMusl(): boolean {
  if (process.platform !== 'linux') return false
  musl ??= !('glibcVersionRuntime' in (process.report.getReport() as { header: object }).header)
  return musl
}

async function can(path: string, mode: number): Promise<boolean> {
  return access(path, mode).then(
    () => true,
    () => false,
  )
}
