import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Config } from '../config.ts'
import { findAgentBrowser } from '../kernels/agent-browser.ts'
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

/** Starts the program once: a file that is there may be for another processor or C library. */
async function examineAgentBrowser(signal: AbortSignal): Promise<Observation> {
  const found = await findAgentBrowser()
  if ('problem' in found) {
    return warning(`shells do without agent-browser: ${found.problem}`, found.fix)
  }
  const program = join(found.package, found.program)
  await promisify(execFile)(program, ['--version'], { signal, killSignal: 'SIGKILL' })
  return ok(`${found.version}, ${program}`)
}
