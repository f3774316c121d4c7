import { readdir, readFile, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { allProcesses, descendantsOf } from './processor-time.ts'

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
  const descendants = await descendantsOf(server)
  const marked = new Set(descendants.map(({ pid }) => pid))
  for (const pid of await allProcesses()) {
    if (pid === server || marked.has(pid)) continue
    const [commandLine, environment] = await Promise.all(
      ['cmdline', 'environ'].map((name) =>
        readFile(`/proc/${pid}/${name}`, 'latin1').catch(() => ''),
      ),
    )
    const texts = `${commandLine}\0${environment}`
    if (ownFolders.some((folder) => texts.includes(folder))) marked.add(pid)
  }
  return marked.size
}
