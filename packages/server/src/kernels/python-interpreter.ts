import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'

/** A Python that the server can run kernels with. */
export interface PythonInterpreter {
  /** Absolute path, that of the virtual environment where there is one. */
  readonly executable: string
  /** Such as `3.12.4`. */
  readonly version: string
  readonly playwrightVersion: string
  /** The virtual environment; without one, the installation itself. */
  readonly prefix: string
  /** Folders of the installation that the virtual environment builds on. */
  readonly baseFolders: readonly string[]
}

/** Why there is no Python for kernels, and what would be right. */
export interface PythonProblem {
  readonly problem: string
  /** What to do, as a sentence that holds the command. */
  readonly fix: string
}

export interface PythonSettings {
  /** Where the operator says that it is. */
  readonly python?: string | undefined
  readonly dataDirectory: string
}

/** Milliseconds in which an interpreter must have said what it is. */
const probeDeadline = 10_000

/** What Playwright for Python runs on. */
const minimumMinorVersion = 10

/** The version that set-up and advice ask for: that of the server's own Playwright. */
export const pinnedPlaywrightVersion: string = (
  createRequire(import.meta.url)('playwright-core/package.json') as { version: string }
).version

/** Runs in any Python 3. Says where it lies, and whether Playwright for Python is whole. */
const probeSource = `
import json, os, sys
found = {
    "executable": sys.executable,
    "version": ".".join(map(str, sys.version_info[:3])),
    "prefix": sys.prefix,
    "baseFolders": [sys.base_prefix],
}
home = getattr(sys, "_home", None)
if home:
    found["baseFolders"].append(os.path.dirname(home))
try:
    import importlib.metadata, importlib.util
    library = os.path.dirname(importlib.util.find_spec("playwright").origin)
    if os.access(os.path.join(library, "driver", "node"), os.X_OK):
        found["playwrightVersion"] = importlib.metadata.version("playwright")
except Exception:
    pass
print(json.dumps(found))
`

const probeAnswer = z.object({
  executable: z.string().startsWith('/'),
  version: z.string().regex(/^3\.\d+\.\d+$/),
  prefix: z.string().startsWith('/'),
  baseFolders: z.array(z.string().startsWith('/')),
  playwrightVersion: z.string().optional(),
})

const found = new Map<string, Promise<PythonInterpreter | PythonProblem>>()

/**
 * Finds the Python for kernels: the operator's, else the virtual environment
 * in the data folder, else the one in the PATH. What was found is kept; what
 * was not is looked for again, since somebody may have followed the advice.
 */
export async function findPython(
  settings: PythonSettings,
): Promise<PythonInterpreter | PythonProblem> {
  const key = JSON.stringify([settings.python, settings.dataDirectory, process.env['PATH']])
  const search = found.get(key) ?? look(settings)
  found.set(key, search)
  const result = await search
  if ('problem' in result) found.delete(key)
  return result
}

async function look({
  python,
  dataDirectory,
}: PythonSettings): Promise<PythonInterpreter | PythonProblem> {
  if (python !== undefined) return examine(python, `${python} -m pip install`)
  const own = join(dataDirectory, 'python')
  const advice = `python3 -m venv '${own}' && '${join(own, 'bin', 'python3')}' -m pip install`
  let result: PythonInterpreter | PythonProblem | undefined
  for (const candidate of [join(own, 'bin', 'python3'), 'python3']) {
    result = await examine(candidate, advice)
    if (!('problem' in result)) return result
  }
  return result as PythonProblem
}

/** @param install Command that installs a package, up to the package's name. */
async function examine(
  command: string,
  install: string,
): Promise<PythonInterpreter | PythonProblem> {
  const pinned = `playwright==${pinnedPlaywrightVersion}`
  const fix = `Run: ${install} ${pinned}`
  const output = await probe(command)
  if (output === undefined) {
    const problem =
      command === 'python3' ? 'There is no Python 3.' : `${command} is no Python 3 that runs.`
    return {
      problem,
      fix: `Install Python 3.${minimumMinorVersion} or newer, then run: ${install} ${pinned}`,
    }
  }
  const { executable, version, prefix, baseFolders, playwrightVersion } = output
  if (Number(version.split('.')[1]) < minimumMinorVersion) {
    const problem = `${executable} is Python ${version}, which Playwright does not run on any more.`
    return {
      problem,
      fix: `Install Python 3.${minimumMinorVersion} or newer, then run: ${install} ${pinned}`,
    }
  }
  if (playwrightVersion === undefined) {
    return { problem: `${executable} (Python ${version}) has no Playwright.`, fix }
  }
  const exposed = [prefix, ...baseFolders].find(
    (folder) => folder === '/' || `${homedir()}/`.startsWith(`${folder}/`),
  )
  if (exposed !== undefined) {
    return {
      problem: `${executable} belongs to the folder ${exposed}, which kernels must not see as a whole.`,
      fix: `Use a Python that has a folder of its own. ${fix}`,
    }
  }
  const bases = new Set(baseFolders.filter((folder) => folder !== prefix))
  return { executable, version, playwrightVersion, prefix, baseFolders: [...bases] }
}

/** What the interpreter says of itself; undefined when it does not run, or is no Python 3. */
function probe(command: string): Promise<z.output<typeof probeAnswer> | undefined> {
  const options = { timeout: probeDeadline, killSignal: 'SIGKILL', maxBuffer: 64 * 1024 } as const
  return new Promise((resolve) => {
    execFile(command, ['-I', '-B', '-c', probeSource], options, (error, stdout) => {
      if (error) resolve(undefined)
      else resolve(probeAnswer.safeParse(parse(stdout)).data)
    })
  })
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
