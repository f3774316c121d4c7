import { createHash } from 'node:crypto'
import { existsSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { runQuietly } from './child-processes.mjs'
import { hasApt, installPackages, withUnpackedPackage } from './debian-packages.mjs'
import { withWritableHome } from './environment.mjs'
import { root, stateFolder } from './paths.mjs'

/**
 * The virtual environment that Python code runs in, or why there is none.
 *
 * @typedef {{ fingerprint: string, version?: string, problem?: string }} PythonRecord
 */

const folder = join(stateFolder, 'python')

/** Absolute path, whether or not it is there. */
export const pythonExecutable = join(folder, 'bin', 'python3')

const oldestMinorVersion = 10

/** As the server's own Playwright, so that both see the same of a page. */
function playwrightVersion() {
  const workspace = readFileSync(join(root, 'pnpm-workspace.yaml'), 'utf8')
  const version = /^ {2}playwright-core: (\S+)$/m.exec(workspace)?.[1]
  if (version === undefined) throw new Error('pnpm-workspace.yaml does not pin playwright-core.')
  return version
}

function fingerprint() {
  return createHash('sha256').update(`1\0${playwrightVersion()}\0${folder}`).digest('hex')
}

/** Whether Python code runs with a Python that somebody chose. */
export function hasChosenPython() {
  return (process.env['TANDEM_PYTHON'] ?? '') !== ''
}

/** @param {PythonRecord | undefined} record */
export function pythonIsPresent(record) {
  // A virtual environment is a link to its Python, which may have been removed.
  return (
    record?.fingerprint === fingerprint() &&
    record.problem === undefined &&
    existsSync(pythonExecutable)
  )
}

/** @param {PythonRecord | undefined} record Whether an earlier set-up found that it cannot be had. */
export function pythonIsGivenUp(record) {
  return record?.fingerprint === fingerprint() && record.problem !== undefined
}

/**
 * @param {import('./progress.mjs').Progress} progress
 * @returns {Promise<PythonRecord>}
 */
export async function preparePython(progress) {
  return progress.step('python', `preparing Playwright ${playwrightVersion()}`, async () => {
    rmSync(folder, { recursive: true, force: true })
    /** @type {PythonRecord} */
    const result = { fingerprint: fingerprint() }
    try {
      result.version = await install()
      return { result, summary: `Python ${result.version}` }
    } catch (error) {
      if (!(error instanceof PythonFailure)) throw error
      rmSync(folder, { recursive: true, force: true })
      result.problem = error.message
      return { result, summary: 'cannot be had here' }
    }
  })
}

/** @param {PythonRecord} record One line on what keeps Python code from running. */
export function pythonNote({ problem }) {
  return `Optional: Python code cannot be run here. ${problem} Then: npm run setup`
}

/** Why there is no Python, and what would be right, in sentences. */
class PythonFailure extends Error {}

async function install() {
  const python = await findPython()
  await run('Making a virtual environment', python.command, [
    '-m',
    'venv',
    ...(python.hasPip ? [] : ['--without-pip']),
    folder,
  ])
  await withPip(python, async (pip) => {
    const requirement = `playwright==${playwrightVersion()}`
    const options = ['--no-input', '--disable-pip-version-check', '--only-binary=:all:']
    await run(`Installing ${requirement} with pip`, pythonExecutable, [
      ...pip,
      'install',
      '--quiet',
      ...options,
      requirement,
    ])
  })
  return python.version
}

/**
 * A Python that is new enough, installed if need be and allowed.
 *
 * @returns {Promise<{ command: string, version: string, hasPip: boolean }>}
 */
async function findPython() {
  const before = await lookForPython()
  if (before?.hasPip) return before
  if (hasApt() && process.getuid?.() === 0) {
    await installPackages(['python3', 'python3-venv'])
    const after = await lookForPython()
    if (after) return after
  }
  // The pip that it lacks can be had without being root.
  if (before) return before
  const command = hasApt() ? 'apt-get install -y python3 python3-venv' : 'the package python3'
  throw new PythonFailure(
    `There is no Python 3.${oldestMinorVersion} or newer. Install it: ${command}.`,
  )
}

/** The first Python that brings pip, else the first one. */
async function lookForPython() {
  const minors = Array.from({ length: 10 }, (_, index) => oldestMinorVersion + index).toReversed()
  const commands = ['python3', '/usr/bin/python3', ...minors.map((minor) => `python3.${minor}`)]
  let first
  for (const command of commands) {
    const found = await examine(command)
    if (found?.hasPip) return found
    first ??= found
  }
  return first
}

/** @param {string} command */
async function examine(command) {
  const source = `
import importlib.util, sys
import venv
print("%d.%d.%d" % sys.version_info[:3], importlib.util.find_spec("ensurepip") is not None)`
  const options = { cwd: root, env: process.env, deadlineSeconds: 20 }
  const { code, stdout } = await runQuietly(command, ['-I', '-c', source], options)
  const found = code === 0 ? /^3\.(\d+)\.\d+ (True|False)$/.exec(stdout.trim()) : null
  if (!found || Number(found[1]) < oldestMinorVersion) return undefined
  return { command, version: found[0].split(' ')[0] ?? '', hasPip: found[2] === 'True' }
}

/**
 * Calls the function with the arguments that make a Python run pip. Where the virtual environment
 * has none, as on a Debian without python3-venv, it is run from its archive.
 *
 * @param {{ hasPip: boolean }} python
 * @param {(pip: string[]) => Promise<void>} use
 */
async function withPip({ hasPip }, use) {
  if (hasPip) {
    await use(['-I', '-m', 'pip'])
    return
  }
  const wheels = join(stateFolder, `python-wheels-${process.pid}`)
  try {
    const isThere =
      hasApt() &&
      (await withUnpackedPackage('python3-pip-whl', (_, files) => {
        renameSync(join(files, 'usr', 'share', 'python-wheels'), wheels)
      }))
    const wheel = isThere && readdirSync(wheels).find((name) => /^pip-.*\.whl$/.test(name))
    if (!wheel) {
      const command = hasApt() ? 'apt-get install -y python3-venv' : 'the module ensurepip'
      throw new PythonFailure(`Python is there without pip. Install it: ${command}.`)
    }
    await use([join(wheels, wheel, 'pip')])
  } finally {
    rmSync(wheels, { recursive: true, force: true })
  }
}

/**
 * @param {string} what Names it when it fails.
 * @param {string} command
 * @param {readonly string[]} args
 */
async function run(what, command, args) {
  const env = withWritableHome(process.env)
  // They would lead it to the modules of another Python.
  delete env['PYTHONHOME']
  delete env['PYTHONPATH']
  const { code, output, timedOut } = await runQuietly(command, args, {
    cwd: root,
    env,
    deadlineSeconds: 300,
  })
  if (code === 0) return
  const why = timedOut ? 'it took more than five minutes' : lastLine(output)
  throw new PythonFailure(`${what} failed: ${why}.`)
}

/** @param {string} output */
function lastLine(output) {
  const lines = output.trim().split('\n')
  const error = lines.findLast((line) => line.startsWith('ERROR:')) ?? lines.at(-1) ?? ''
  return error.replace(/^ERROR:\s*/, '').replace(/\.$/, '')
}
