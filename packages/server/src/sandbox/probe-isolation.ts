import { type Bubblewrap, findBubblewrap } from './find-bubblewrap.ts'
import { IsolationError } from './isolation-error.ts'
import {
  type IsolationProblem,
  explainFailure,
  platformProblem,
  sharedProblem,
} from './isolation-problem.ts'
import { type Machine, examineMachine } from './machine.ts'
import { type SandboxSample, trySandbox } from './sandbox-trial.ts'

/** Whether this machine can isolate, found out by doing it. */
export interface IsolationReport {
  machine: Machine
  bubblewrap?: Bubblewrap
  sandbox?: SandboxSample
  /** Why there is no sandbox. */
  problem?: IsolationProblem
}

export interface ProbeOptions {
  /** Path of bubblewrap. Default: see `findBubblewrap`. */
  bwrap?: string | undefined
}

/** Makes one sandbox as the server does, and looks at it from inside. Does not throw. */
export async function probeIsolation(options: ProbeOptions = {}): Promise<IsolationReport> {
  const machine = await examineMachine()
  if (machine.platform !== 'linux') return { machine, problem: platformProblem(machine) }
  const found = await findBubblewrap(options.bwrap, machine)
  if ('problem' in found) return { machine, problem: found.problem }
  const { bubblewrap } = found
  const result = await trySeveralTimes(bubblewrap.path)
  if ('failure' in result) {
    return {
      machine,
      bubblewrap,
      problem: explainFailure(result.failure, machine, bubblewrap.path),
    }
  }
  const { sample } = result
  if (sample.shared.length > 0)
    return { machine, bubblewrap, problem: sharedProblem(sample.shared) }
  return { machine, bubblewrap, sandbox: sample }
}

/** How often a sandbox is tried before the machine counts as one that makes none. */
const attempts = 3

/** On a machine that is just starting many, one may fail that would not a moment later. */
async function trySeveralTimes(bwrap: string): ReturnType<typeof trySandbox> {
  let result = await trySandbox(bwrap)
  for (let attempt = 1; attempt < attempts && 'failure' in result; attempt += 1) {
    result = await trySandbox(bwrap)
  }
  return result
}

/**
 * The bubblewrap to use, once it has made a sandbox.
 *
 * @throws IsolationError with what is wrong and what helps.
 */
export async function requireIsolation(options: ProbeOptions = {}): Promise<Bubblewrap> {
  const { bubblewrap, problem } = await probeIsolation(options)
  if (problem) throw new IsolationError(problem)
  return bubblewrap as Bubblewrap
}
