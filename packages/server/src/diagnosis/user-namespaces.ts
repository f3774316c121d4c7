import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { type IsolationProblem, explainFailure } from '../sandbox/isolation-problem.ts'
import type { Machine } from '../sandbox/machine.ts'

/** The user of nobody, whose rights are those of any ordinary user. */
const ordinaryUser = 65_534

/**
 * Makes namespaces without bubblewrap, as an ordinary user. Where bubblewrap is
 * missing this tells whether it is all that is missing.
 *
 * @returns what keeps ordinary users from them; undefined when nothing does
 */
export async function tryUserNamespaces(
  machine: Machine,
  signal: AbortSignal,
): Promise<IsolationProblem | undefined> {
  const user = machine.isRoot ? { uid: ordinaryUser, gid: ordinaryUser } : {}
  try {
    // Its own network needs a right inside that AppArmor may take away after the fact.
    await promisify(execFile)(
      'unshare',
      ['--user', '--map-root-user', '--net', '--mount', 'true'],
      { ...user, cwd: '/', signal, killSignal: 'SIGKILL', encoding: 'utf8' },
    )
    return undefined
  } catch (error) {
    signal.throwIfAborted()
    const { stderr, message } = error as { stderr?: string; message: string }
    return explainFailure(stderr || message, machine, '/usr/bin/bwrap')
  }
}
