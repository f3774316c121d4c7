import { readlinkSync } from 'node:fs'
import { readdir, readFile, readlink } from 'node:fs/promises'

/** A living process that carries the mark of a server's sandbox in its environment. */
export interface MarkedProcess {
  pid: number
  /** `owner:session:process`, as the server writes it. */
  mark: string
  commandLine: string
}

/**
 * The living processes whose mark contains a text, such as a session's id.
 * Zombies do not count: they are dead, and collecting them is the work of pid 1.
 */
export async function markedProcesses(text: string): Promise<MarkedProcess[]> {
  const entries = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry))
  const found = await Promise.all(entries.map((entry) => inspect(entry, text)))
  return found.filter((process) => process !== undefined)
}

/** The browser process itself, not its renderers and helpers. */
export async function browserOf(sessionId: string): Promise<number> {
  return only(
    await markedProcesses(sessionId),
    ({ commandLine }) =>
      commandLine.includes('--remote-debugging-pipe') && !commandLine.includes('--type='),
  )
}

export async function kernelOf(sessionId: string): Promise<number> {
  return only(await markedProcesses(sessionId), ({ commandLine }) =>
    /kernels\/node\/main/.test(commandLine),
  )
}

/** Whether a process is there; one that is dead but not yet collected is not. */
export function isAlive(pid: number): boolean {
  try {
    readlinkSync(`/proc/${pid}/exe`)
    return true
  } catch {
    return false
  }
}

/** How many descriptors a process has open, by what they are. */
export async function openDescriptors(pid: number | 'self'): Promise<string[]> {
  const directory = `/proc/${pid}/fd`
  const names = await readdir(directory)
  const links = await Promise.all(
    names.map((name) => readlink(`${directory}/${name}`).catch(() => undefined)),
  )
  // Numbers of inodes say nothing, and the folder that is being read is open for this reading.
  return links
    .filter((link) => link !== undefined && !/^\/proc\/\d+\/fd$/.test(link))
    .map((link) => (link as string).replace(/\[\d+\]/, ''))
    .toSorted()
}

function only(processes: MarkedProcess[], fits: (process: MarkedProcess) => boolean): number {
  const [process, ...others] = processes.filter(fits)
  if (process && others.length === 0) return process.pid
  const seen = processes.map(({ commandLine }) => commandLine.slice(0, 80)).join('\n')
  throw new Error(`One process was expected, ${others.length + (process ? 1 : 0)} fit of:\n${seen}`)
}

async function inspect(pid: string, text: string): Promise<MarkedProcess | undefined> {
  try {
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8')
    const mark = environment
      .split('\0')
      .find((variable) => variable.startsWith('TANDEM_PROCESS='))
      ?.slice('TANDEM_PROCESS='.length)
    if (mark?.includes(text) !== true) return undefined
    // A dead process has none any more.
    await readlink(`/proc/${pid}/exe`)
    const commandLine = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ')
    return { pid: Number(pid), mark, commandLine }
  } catch {
    return undefined
  }
}
