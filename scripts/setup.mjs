import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { engineIsPresent, prepareEngine } from './setup/engine.mjs'
import { jobEnvironment } from './setup/environment.mjs'
import { SetupFailure } from './setup/failure.mjs'
import {
  canInstallBubblewrap,
  installBubblewrap,
  isolationNote,
  probeIsolation,
} from './setup/isolation.mjs'
import { withLock } from './setup/lock.mjs'
import { stateFolder } from './setup/paths.mjs'
import { Progress } from './setup/progress.mjs'
import {
  hasChosenPython,
  preparePython,
  pythonExecutable,
  pythonIsGivenUp,
  pythonIsPresent,
  pythonNote,
} from './setup/python.mjs'
import { removePartialTools } from './setup/registry-install.mjs'
import {
  checkPlatform,
  chooseNode,
  chooseNode22,
  choosePnpm,
  install,
  isInstalled,
} from './setup/toolchain.mjs'
import {
  installPackages,
  packagesArePresent,
  packagesFingerprint,
} from './setup/workspace-packages.mjs'

/**
 * What earlier runs have finished, so that a repeat has nothing to start and nothing to ask.
 *
 * @typedef {{ packages?: string, engine?: import('./setup/engine.mjs').EngineRecord, unavailable?: string, bubblewrapUnavailable?: boolean, python?: import('./setup/python.mjs').PythonRecord }} SetupState
 */

const stateFile = join(stateFolder, 'setup.json')

/** @returns {SetupState} */
function readState() {
  try {
    return JSON.parse(readFileSync(stateFile, 'utf8'))
  } catch {
    return {}
  }
}

/** @param {SetupState} state */
function writeState(state) {
  mkdirSync(stateFolder, { recursive: true })
  const partial = `${stateFile}.${process.pid}`
  writeFileSync(partial, `${JSON.stringify(state, null, 2)}\n`)
  renameSync(partial, stateFile)
}

/** @param {Progress} progress @param {import('./setup/toolchain.mjs').Tool} tool */
async function installWithProgress(progress, tool) {
  await progress.step(tool.name, 'installing', async () => {
    await install(tool)
    return { result: undefined, summary: 'installed' }
  })
}

/**
 * @param {Progress} progress
 * @param {import('./setup/toolchain.mjs').Tool} tool
 */
async function tryToInstall(progress, tool) {
  try {
    await installWithProgress(progress, tool)
    return true
  } catch (error) {
    if (error instanceof SetupFailure) return false
    throw error
  }
}

/**
 * Makes everything the repository needs to run, or finds that it is there. May be interrupted,
 * repeated, and run twice at once.
 *
 * @param {{ withNode22?: boolean, retry?: boolean }} [options] Node 22 is for one test and may be
 *   missing. What could not be had is asked for again only with `retry`.
 */
export async function setUp({ withNode22 = false, retry = false } = {}) {
  checkPlatform()
  const progress = new Progress()
  const node = chooseNode()
  const pnpm = choosePnpm()
  const node22 = withNode22 ? chooseNode22() : undefined
  const required = [node.tool, pnpm].filter((tool) => tool !== undefined)

  /** @param {import('./setup/toolchain.mjs').Tool} tool @param {SetupState} state */
  const isGivenUp = (tool, state) => !retry && state.unavailable === tool.specifier

  /** @param {SetupState} state */
  const lacksPython = (state) =>
    !hasChosenPython() &&
    !pythonIsPresent(state.python) &&
    (retry || !pythonIsGivenUp(state.python))

  const isReady = () => {
    const state = readState()
    return (
      required.every(isInstalled) &&
      (node22 === undefined || isInstalled(node22) || isGivenUp(node22, state)) &&
      state.packages === packagesFingerprint() &&
      packagesArePresent() &&
      engineIsPresent(state.engine) &&
      !lacksPython(state)
    )
  }

  /** @param {() => Promise<void>} work */
  const whileLocked = (work) =>
    withLock(
      stateFolder,
      (pid) => progress.note(`Waiting for another set-up to finish (process ${pid})`),
      () => {
        removePartialTools()
        return work()
      },
    )

  if (!isReady()) {
    await whileLocked(async () => {
      for (const tool of required) {
        if (!isInstalled(tool)) await installWithProgress(progress, tool)
      }
      const fingerprint = packagesFingerprint()
      if (readState().packages !== fingerprint || !packagesArePresent()) {
        await progress.step('packages', 'installing', async () => {
          // What an interrupted install leaves behind must not pass for complete.
          writeState({ ...readState(), packages: '' })
          await installPackages(node.path, pnpm.path)
          writeState({ ...readState(), packages: fingerprint })
          return { result: undefined, summary: 'installed' }
        })
      }
      if (!engineIsPresent(readState().engine)) {
        const engine = await prepareEngine(progress, node.path)
        writeState({ ...readState(), engine })
      }
      if (lacksPython(readState())) {
        const python = await preparePython(progress)
        writeState({ ...readState(), python })
      }
      if (
        node22 !== undefined &&
        !isInstalled(node22) &&
        !isGivenUp(node22, readState()) &&
        !(await tryToInstall(progress, node22))
      ) {
        writeState({ ...readState(), unavailable: node22.specifier })
      }
    })
  }
  let isolation = await probeIsolation(node.path)
  if (canInstallBubblewrap(isolation) && (retry || !readState().bubblewrapUnavailable)) {
    await whileLocked(async () => {
      isolation = await probeIsolation(node.path)
      if (!canInstallBubblewrap(isolation)) return
      const isThere = await installBubblewrap(progress)
      writeState({ ...readState(), bubblewrapUnavailable: !isThere })
      isolation = await probeIsolation(node.path)
    })
  }
  progress.finish()
  if (withNode22 && (node22 === undefined || !isInstalled(node22))) {
    progress.note(
      'Optional: Node 22 is missing, so the test on the oldest supported Node is skipped; npm run setup tries to get it.',
    )
  }

  const { python } = readState()
  if (retry && python?.problem !== undefined && !hasChosenPython()) {
    progress.note(pythonNote(python))
  }

  const toolchain = {
    node: node.path,
    pnpm: pnpm.path,
    node22: node22 !== undefined && isInstalled(node22) ? node22.path : undefined,
    bwrap: isolation.bwrap,
    python: pythonIsPresent(python) ? pythonExecutable : undefined,
  }
  return {
    ...toolchain,
    env: jobEnvironment(toolchain),
    isolationProblem: isolation.problem,
  }
}

/**
 * Prints what went wrong for a reader and gives the exit code.
 *
 * @param {unknown} error
 */
export function reportFailure(error) {
  if (!(error instanceof SetupFailure)) throw error
  if (error.details !== '') {
    const lines = error.details.trimEnd().split('\n').slice(-40)
    process.stderr.write(`\n${lines.join('\n')}\n`)
  }
  process.stderr.write(`\nSet-up failed: ${error.message}\n`)
  return 1
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    const { isolationProblem } = await setUp({ withNode22: true, retry: true })
    if (isolationProblem !== undefined) process.stderr.write(`${isolationNote(isolationProblem)}\n`)
  } catch (error) {
    process.exitCode = reportFailure(error)
  }
}
