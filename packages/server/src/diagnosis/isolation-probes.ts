import type { Config } from '../config.ts'
import type { IsolationProblem } from '../sandbox/isolation-problem.ts'
import type { IsolationReport } from '../sandbox/probe-isolation.ts'
import { type Observation, failure, ok, skipped, warning } from './finding.ts'
import type { Probe } from './probe.ts'
import { tryUserNamespaces } from './user-namespaces.ts'

type Reason = IsolationProblem['reason']

/** The finding that a problem belongs to; what is not named here belongs to the sandbox. */
const findingOfReason: Partial<Record<Reason, 'bubblewrap' | 'user-namespaces'>> = {
  platform: 'bubblewrap',
  'bubblewrap-missing': 'bubblewrap',
  'bubblewrap-not-usable': 'bubblewrap',
  'bubblewrap-too-old': 'bubblewrap',
  'user-namespaces-limit': 'user-namespaces',
  'user-namespaces-missing': 'user-namespaces',
  'user-namespaces-off': 'user-namespaces',
  'user-namespaces-need-profile': 'user-namespaces',
  container: 'user-namespaces',
  chroot: 'user-namespaces',
}

/** What keeps sessions from the machine. */
export function isolationProbes(
  { isolation }: Pick<Config, 'isolation'>,
  probed: Promise<IsolationReport>,
): Probe[] {
  /** Without isolation the server starts whatever is missing for it. */
  const report = isolation === 'none' ? warning : failure
  const describe = ({ sentence, remedy }: IsolationProblem): Observation =>
    report(sentence, ...remedy)
  /** The problem, if it is the one that the finding is about. */
  const ownProblem = (id: string, { problem }: IsolationReport): Observation | undefined =>
    problem && (findingOfReason[problem.reason] ?? 'sandbox') === id ? describe(problem) : undefined

  const essential = isolation !== 'none'
  // It has a deadline of its own, which is longer than that of most probes.
  const deadline = 40_000
  return [
    {
      id: 'bubblewrap',
      title: 'bubblewrap',
      essential,
      deadline,
      async examine() {
        const answer = await probed
        const { bubblewrap } = answer
        return ownProblem('bubblewrap', answer) ?? ok(`${bubblewrap?.version}, ${bubblewrap?.path}`)
      },
    },
    {
      id: 'user-namespaces',
      title: 'user namespaces',
      essential,
      deadline,
      async examine(signal) {
        const answer = await probed
        const own = ownProblem('user-namespaces', answer)
        if (own) return own
        const { machine, sandbox } = answer
        if (sandbox) return ok(describeUserNamespaces(answer))
        if (machine.platform !== 'linux') return skipped('Linux has them')
        const problem = await tryUserNamespaces(machine, signal)
        return problem ? describe(problem) : ok('ordinary users may make them')
      },
    },
    {
      id: 'sandbox',
      title: 'sandbox',
      essential,
      deadline,
      async examine() {
        const answer = await probed
        const own = ownProblem('sandbox', answer)
        if (own) return own
        const { sandbox } = answer
        if (!sandbox) return skipped('not tried, because of what is missing above')
        return ok(
          `made in ${sandbox.milliseconds} ms with namespaces of its own ` +
            `(${sandbox.namespaces.join(', ')}), as user ${sandbox.userId}, with ` +
            `${Math.round(sandbox.sharedMemory / 1024 ** 2)} MiB of shared memory`,
        )
      },
    },
    {
      id: 'sandbox-network',
      title: 'sandbox network',
      essential,
      deadline,
      async examine() {
        const { sandbox } = await probed
        if (!sandbox) return skipped('not tried, because there is no sandbox')
        return ok('closed: a loopback of its own, from which this machine cannot be reached')
      },
    },
    ...(isolation === 'none' ? [chosenNone(probed)] : []),
  ]
}

function describeUserNamespaces({ machine, sandbox }: IsolationReport): string {
  const user = sandbox?.userId === process.getuid?.() ? 'this user' : `user ${sandbox?.userId}`
  const profile = machine.userNamespacesNeedProfile ? '; AppArmor allows it to bubblewrap' : ''
  return `${user} may make them (${machine.maximumUserNamespaces ?? 'any number'} at most)${profile}`
}

/** Said last, as what all of the above comes to. */
function chosenNone(probed: Promise<IsolationReport>): Probe {
  return {
    id: 'isolation',
    title: 'isolation',
    async examine() {
      const { problem } = await probed
      return warning(
        'none, as it was chosen: pages and the code of clients have all rights of this user',
        problem
          ? 'What is said above keeps it from being better.'
          : 'Sandboxes work here: take TANDEM_ISOLATION=none (or --isolation none) away.',
      )
    },
  }
}
