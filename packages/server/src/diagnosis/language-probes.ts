import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { Config } from '../config.ts'
import { findPython } from '../kernels/python-interpreter.ts'
import { type Observation, ok, warning } from './finding.ts'
import type { Probe } from './probe.ts'

/** What code of other languages than JavaScript needs. The server starts without it. */
export function languageProbes(config: Pick<Config, 'dataDirectory'>): Probe[] {
  return [
    {
      id: 'python',
      title: 'Python',
      deadline: 15_000,
      async examine() {
        const found = await findPython(config)
        if ('problem' in found) {
          return warning(`code in Python does not run: ${found.problem}`, found.fix)
        }
        const { executable, version, playwrightVersion } = found
        return ok(`${version} with Playwright ${playwrightVersion}, ${executable}`)
      },
    },
    { id: 'agent-browser', title: 'agent-browser', examine: examineAgentBrowser },
  ]
}

async function examineAgentBrowser(signal: AbortSignal): Promise<Observation> {
  const manifest = findManifest('agent-browser')
  if (manifest === undefined) {
    return warning('the package is not installed, so shells have no command agent-browser')
  }
  const program = join(dirname(manifest), 'bin', 'agent-browser.js')
  const { stdout } = await promisify(execFile)(process.execPath, [program, '--version'], {
    signal,
    killSignal: 'SIGKILL',
    encoding: 'utf8',
  })
  return ok(`${stdout.trim().replace(/^agent-browser /, '')}, ${dirname(manifest)}`)
}

function findManifest(name: string): string | undefined {
  try {
    return createRequire(import.meta.url).resolve(`${name}/package.json`)
  } catch {
    return undefined
  }
}
