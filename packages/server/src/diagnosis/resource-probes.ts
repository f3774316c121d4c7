import { readFile, statfs } from 'node:fs/promises'
import { defaultCacheDirectory } from '../browser/engine-cache.ts'
import { browserLimits } from '../browser/browser-process.ts'
import { memoryOfSession } from '../config-settings.ts'
import type { Config } from '../config.ts'
import { kernelLimits } from '../kernels/kernel-environment.ts'
import { examineControlGroups } from './control-groups.ts'
import { nearestExisting } from './data-directory.ts'
import { type Observation, ok, warning } from './finding.ts'
import type { Probe } from './probe.ts'

const gibibyte = 1024 ** 3
/** What the engine, the store and a few downloads take. */
const diskBytes = gibibyte
/** Descriptors of the server for one session: pipes, sockets of clients and of its egress. */
const descriptorsOfSession = 64
/** Those that it needs anyway. */
const ownDescriptors = 256

/** What sessions use up. */
export function resourceProbes(
  config: Pick<Config, 'maxSessions' | 'dataDirectory' | 'isolation'>,
): Probe[] {
  return [
    { id: 'memory', title: 'memory', examine: async () => examineMemory(config.maxSessions) },
    { id: 'disk', title: 'disk', examine: () => examineDisk(config.dataDirectory) },
    {
      id: 'control-groups',
      title: 'control groups',
      examine: examineControlGroups,
    },
    { id: 'limits', title: 'process limits', examine: () => examineLimits(config) },
  ]
}

function examineMemory(maxSessions: number): Observation {
  const available = process.availableMemory()
  const fitting = Math.floor(available / memoryOfSession)
  const free = `${(available / gibibyte).toFixed(1)} GiB are free`
  if (fitting >= maxSessions) return ok(`${free}, enough for ${maxSessions} sessions`)
  return warning(
    `${free}, enough for about ${fitting} of ${maxSessions} sessions`,
    `Free memory, or allow fewer: --max-sessions ${Math.max(1, fitting)} (TANDEM_MAX_SESSIONS).`,
  )
}

async function examineDisk(dataDirectory: string): Promise<Observation> {
  const spaces = await Promise.all(
    [
      { path: dataDirectory, setting: 'TANDEM_DATA_DIR' },
      { path: defaultCacheDirectory(), setting: 'TANDEM_CACHE_DIR' },
    ].map(async ({ path, setting }) => {
      const { bavail, bsize } = await statfs(await nearestExisting(path))
      return { path, setting, bytes: bavail * bsize }
    }),
  )
  const summary = spaces
    .map(({ path, bytes }) => `${(bytes / gibibyte).toFixed(1)} GiB free for ${path}`)
    .join(', ')
  const short = spaces.filter(({ bytes }) => bytes < diskBytes)
  if (short.length === 0) return ok(summary)
  return warning(
    summary,
    ...short.map(
      ({ path, setting }) =>
        `Free at least ${diskBytes / gibibyte} GiB for ${path}, or set ${setting} to a folder on another disk.`,
    ),
  )
}

/** Limits of this process, which those of its children cannot exceed. */
async function examineLimits({
  maxSessions,
  isolation,
}: Pick<Config, 'maxSessions' | 'isolation'>): Promise<Observation> {
  const limits = await readFile('/proc/self/limits', 'utf8').catch(() => undefined)
  if (limits === undefined) return ok('not known on this system')
  const hardLimit = (name: string): number => {
    const text = new RegExp(`^${name} +\\S+ +(\\S+)`, 'm').exec(limits)?.[1]
    return text === undefined || text === 'unlimited' ? Infinity : Number(text)
  }
  const files = hardLimit('Max open files')
  const processes = hardLimit('Max processes')
  const ofSandbox = isolation === 'none' ? [] : [browserLimits, kernelLimits]
  const neededFiles = Math.max(
    ownDescriptors + maxSessions * descriptorsOfSession,
    ...ofSandbox.map(({ openFiles }) => openFiles),
  )
  const neededProcesses = Math.max(0, ...ofSandbox.map((limit) => limit.processes))
  const summary = `${shown(files)} open files, ${shown(processes)} processes`
  const remedy: string[] = []
  if (files < neededFiles) remedy.push(advice('open files', 'nofile', neededFiles))
  if (processes < neededProcesses) remedy.push(advice('processes', 'nproc', neededProcesses))
  return remedy.length === 0 ? ok(summary) : warning(`${summary}, which is too few`, ...remedy)
}

function shown(limit: number): string {
  return limit === Infinity ? 'any number of' : String(limit)
}

function advice(what: string, name: string, needed: number): string {
  return (
    `Allow ${needed} ${what}: Limit${name.toUpperCase()}=${needed} in the unit of a service, ` +
    `--ulimit ${name}=${needed} for a container, else in /etc/security/limits.conf.`
  )
}
