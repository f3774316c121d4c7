import { userInfo } from 'node:os'
import type { Config } from '../config.ts'
import type { IsolationReport } from '../sandbox/probe-isolation.ts'
import { examineDataDirectory } from './data-directory.ts'
import { failure, ok, warning } from './finding.ts'
import { examineAddress } from './listen-address.ts'
import type { Probe } from './probe.ts'

export interface ConfigurationToExamine {
  config: Config
  problems: readonly string[]
  hints: readonly string[]
}

/** What the server is told, and what it takes from the machine at once. */
export function configurationProbes(
  { config, problems, hints }: ConfigurationToExamine,
  isolation: Promise<IsolationReport>,
): Probe[] {
  return [
    {
      id: 'system',
      title: 'system',
      async examine() {
        const { machine } = await isolation
        const { arch, version } = process
        const container = machine.container ? `, in a container (${machine.container})` : ''
        const user = userInfo().username
        return ok(
          `${machine.name}, kernel ${machine.kernel}, ${arch}, Node ${version}, user ${user}${container}`,
        )
      },
    },
    {
      id: 'configuration',
      title: 'configuration',
      essential: true,
      async examine() {
        if (problems.length > 0) {
          return failure('not right; what follows is for the default values', ...problems)
        }
        const summary = `isolation ${config.isolation}, ${config.maxSessions} sessions at most`
        return hints.length > 0 ? warning(summary, ...hints) : ok(summary)
      },
    },
    {
      id: 'data-folder',
      title: 'data folder',
      essential: true,
      examine: () => examineDataDirectory(config),
    },
    {
      id: 'address',
      title: 'address',
      essential: true,
      examine: (signal) => examineAddress(config, signal),
    },
  ]
}
