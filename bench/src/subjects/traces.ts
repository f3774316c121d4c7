import { readdir, readFile, readlink } from 'node:fs/promises'
import { join } from 'node:path'

/** What a server has beyond itself at a moment. */
export interface Traces {
  /** Its descendants, and every process that was started to work in its folders. */
  processes: number
  /** Folders below its own. */
  folders: number
  /** Open sockets; Node's pipes to child processes are sockets, too. */
  sockets: number
  /** All open file descriptors. */
  descriptors: number
}

/** Counts what a server has, from outside, with what Linux says of it. */
export async function findTraces(pid: number, ownFolders: readonly string[]): Promise<Traces> {
  const links = await descriptorsOf(pid)
  const folders = await Promise.all(ownFolders.map(countFolders))
  return {
    processes: await countProcesses(pid, ownFolders),
    folders: folders.reduce((sum, count) => sum + count, 0),
    sockets: links.filter((link) => link.startsWith('socket:')).length,
    descriptors: links.length,
  }
}

async function descriptorsOf(pid: number): Promise<string[]> {
  const folder = `/proc/${pid}/fd`
  const names = await readdir(folder)
  const links = await Promise.all(names.map((name) => readlink(join(folder, name)).catch(() => '')))
  return links.filter((link) => link !== '')
}

async function countFolders(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isDirectory()).length
}

/** Living descendants of a process, and other processes that know of its folders. */
export async function countProcesses(
  server: number,
  ownFolders: readonly string[],
): Promise<number> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const parents = new Map<number, number>()
  const marked = new Set<number>()
  for (const pid of pids) {
    const [stat, commandLine, environment] = await Promise.all(
      ['stat', 'cmdline', 'environ'].map((name) =>
        readFile(`/proc/${pid}/${name}`, 'latin1').catch(() => ''),
      ),
    )
    // The name, in parentheses, may hold anything; state and parent come after it.
    const parent = /^.*\) \S (\d+)/s.exec(stat ?? '')?.[1]
    if (parent !== undefined) parents.set(pid, Number(parent))
    const texts = `${commandLine}\0${environment}`
    if (pid !== server && ownFolders.some((folder) => texts.includes(folder))) marked.add(pid)
  }
  const isDescendant = (pid: number): boolean => {
    const parent = parents.get(pid)
    return parent !== undefined && parent > 1 && (parent === server || isDescendant(parent))
  }
  return pids.filter((pid) => marked.has(pid) || isDescendant(pid)).length
}
