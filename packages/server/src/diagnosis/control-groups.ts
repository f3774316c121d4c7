import { constants } from 'node:fs'
import { access, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Observation, ok } from './finding.ts'

/** What a control group of a session's own could bound. */
const controllers = ['cpu', 'memory', 'pids'] as const

/**
 * Whether the server may make control groups below its own, and with which
 * controllers. It bounds sessions without them, so nothing is wrong when not.
 */
export async function examineControlGroups(): Promise<Observation> {
  const group = await ownGroup()
  const available = group === undefined ? [] : await writableControllers(group)
  const found =
    available.length > 0
      ? `cgroup v2 is delegated to this server with ${available.join(', ')}, which it does not need`
      : 'none is delegated to this server, and it needs none'
  return ok(`${found}: it watches by itself what sessions use`)
}

/** The folder of this process's group, or undefined where there is no cgroup v2. */
async function ownGroup(): Promise<string | undefined> {
  const [groups, mounts] = await Promise.all([
    readFile('/proc/self/cgroup', 'utf8').catch(() => ''),
    readFile('/proc/self/mounts', 'utf8').catch(() => ''),
  ])
  const path = /^0::(\/.*)$/m.exec(groups)?.[1]
  const mountPoint = /^\S+ (\S+) cgroup2 /m.exec(mounts)?.[1]
  return path === undefined || mountPoint === undefined ? undefined : join(mountPoint, path)
}

async function writableControllers(group: string): Promise<string[]> {
  const files = [group, join(group, 'cgroup.procs'), join(group, 'cgroup.subtree_control')]
  try {
    await Promise.all(files.map((path) => access(path, constants.W_OK)))
    const available = (await readFile(join(group, 'cgroup.controllers'), 'utf8')).split(/\s+/)
    return controllers.filter((name) => available.includes(name))
  } catch {
    return []
  }
}
