import { access, constants, mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join, relative } from 'node:path'
import { ControlGroup, type ControlGroupLimits, removeControlGroup } from './control-group.ts'

/** Where this server may make control groups, or why it may not. */
export type Delegation = { folder: string; controllers: ReadonlySet<string> } | { problem: string }

/** What must be there; without cpu the processors are shared out by the server itself. */
const neededControllers = ['memory', 'pids']
const usefulControllers = [...neededControllers, 'cpu']

/** A group with groups below it has no processes of its own, so the server has one, too. */
const serverGroup = 'tandem-server'

/**
 * The control groups of one server's sandboxes, below a group that the system
 * has handed over to it (`Delegate=yes` in a unit of systemd).
 */
export class ControlGroups {
  readonly #folder: string
  readonly #prefix: string
  readonly #controllers: ReadonlySet<string>
  #made = 0

  private constructor(folder: string, prefix: string, controllers: ReadonlySet<string>) {
    this.#folder = folder
    this.#prefix = prefix
    this.#controllers = controllers
  }

  /**
   * Takes possession of the server's own group, and removes what a killed
   * server has left in it.
   *
   * @param owner Names this server in the names of its groups.
   * @returns Undefined where control groups were not handed over.
   */
  static async open(owner: string): Promise<ControlGroups | undefined> {
    const delegation = await findDelegation()
    if ('problem' in delegation) return undefined
    const { folder, controllers } = delegation
    try {
      await moveServer(folder)
      for (const name of controllers) {
        await writeFile(join(folder, 'cgroup.subtree_control'), `+${name}`)
      }
    } catch {
      // Another process has come into the group meanwhile, or its owner changed its mind.
      return undefined
    }
    return ControlGroups.in(folder, owner, controllers)
  }

  /** In a group that is ready for it. */
  static async in(
    folder: string,
    owner: string,
    controllers: ReadonlySet<string>,
  ): Promise<ControlGroups> {
    const groups = new ControlGroups(folder, `tandem-${owner}-`, controllers)
    await groups.#sweep()
    return groups
  }

  /** Makes a group for one sandbox, which is to remove it in the end. */
  create(limits: ControlGroupLimits): ControlGroup {
    this.#made += 1
    const folder = join(this.#folder, this.#prefix + this.#made)
    return ControlGroup.create(folder, limits, this.#controllers)
  }

  async #sweep(): Promise<void> {
    const names = await readdir(this.#folder)
    const left = names.filter((name) => name.startsWith(this.#prefix))
    for (const name of left) {
      const folder = join(this.#folder, name)
      await writeFile(join(folder, 'cgroup.kill'), '1')
      await removeControlGroup(folder)
    }
  }
}

/** Finds out where this server may make control groups. Changes nothing. */
export async function findDelegation(): Promise<Delegation> {
  const own = await ownGroup()
  if (own === undefined) return { problem: 'this machine has no cgroup v2' }
  // Of a server that was started before in this process.
  const folder = basename(own) === serverGroup ? dirname(own) : own
  const text = await readFile(join(folder, 'cgroup.controllers'), 'utf8').catch(() => '')
  const there = new Set(text.trim().split(/\s+/))
  const missing = neededControllers.filter((name) => !there.has(name))
  if (missing.length === neededControllers.length) {
    return { problem: `cgroup v2 has no ${missing.join(' and no ')} controller here` }
  }
  const files = [folder, join(folder, 'cgroup.procs'), join(folder, 'cgroup.subtree_control')]
  if (!(await areWritable(files))) return { problem: `${folder} is not this server's to write` }
  if (missing.length > 0) {
    return { problem: `cgroup v2 is delegated, but without ${missing.join(', ')}` }
  }
  const others = await othersIn(folder)
  if (others.length > 0) {
    const pids = others.slice(0, 3).join(', ')
    return { problem: `other processes are in the control group ${folder} as well (${pids})` }
  }
  return { folder, controllers: new Set(usefulControllers.filter((name) => there.has(name))) }
}

/** The folder of this process's group, or undefined where there is no cgroup v2. */
async function ownGroup(): Promise<string | undefined> {
  const [groups, mounts] = await Promise.all([
    readFile('/proc/self/cgroup', 'utf8').catch(() => ''),
    readFile('/proc/self/mountinfo', 'utf8').catch(() => ''),
  ])
  const path = /^0::(\/.*)$/m.exec(groups)?.[1]
  // Of a mount: the folder in the file system, and where it is.
  const mount = /^\S+ \S+ \S+ (\S+) (\S+) .*? - cgroup2 /m.exec(mounts)
  if (path === undefined || !mount) return undefined
  const [, root = '/', mountPoint = ''] = mount
  const below = relative(root, path)
  if (below.startsWith('..')) return undefined
  const folder = join(mountPoint, below)
  return stat(folder).then(
    () => folder,
    () => undefined,
  )
}

/** The root of all groups may have processes beside the groups below it. */
async function othersIn(folder: string): Promise<string[]> {
  const isRoot = await stat(join(folder, 'cgroup.type')).then(
    () => false,
    () => true,
  )
  if (isRoot) return []
  const pids = await readFile(join(folder, 'cgroup.procs'), 'utf8').catch(() => '')
  return pids.split('\n').filter((pid) => pid !== '' && pid !== String(process.pid))
}

async function moveServer(folder: string): Promise<void> {
  const own = join(folder, serverGroup)
  await mkdir(own, { recursive: true })
  await writeFile(join(own, 'cgroup.procs'), String(process.pid))
}

async function areWritable(paths: string[]): Promise<boolean> {
  try {
    await Promise.all(paths.map((path) => access(path, constants.W_OK)))
    return true
  } catch {
    return false
  }
}
