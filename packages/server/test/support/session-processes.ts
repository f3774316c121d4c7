import { readlinkSync } from 'node:fs'
import { readdir, readFile, readlink } from 'node:fs/promises'

/** A living process of a session. */
export interface SessionProcess {
  pid: number
  /** `owner:session:process`, as the server writes it; helpers of Chromium have lost theirs. */
  mark: string
  commandLine: string
}

/** What the processes of a session or of a whole server have in common. */
export interface Owner {
  /** A part of their marks. */
  mark: string
  /** A part of the path of the folder that they work in. */
  directory: string
}

/**
 * The living processes of a session, or of a server: those that carry its
 * mark, work in its folder, or are in the process group of one that does.
 * Zombies do not count: they are dead, and collecting them is the work of pid 1.
 */
export async function processesOf(owner: Owner | string): Promise<SessionProcess[]> {
  const { mark, directory } = typeof owner === 'string' ? { mark: owner, directory: owner } : owner
  const entries = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry))
  const all = (await Promise.all(entries.map(inspect))).filter((process) => process !== undefined)
  const found = all.filter(
    (process) => process.mark.includes(mark) || process.workingDirectory.includes(directory),
  )
  const groups = new Set(found.map(({ group }) => group))
  return all.filter((process) => groups.has(process.group))
}

/** The browser process itself, not its renderers and helpers. */
export async function browserOf(sessionId: string): Promise<number> {
  return only(await processesOf(sessionId), isBrowser)
}

/** Whether it is the browser process itself, as it is in `browserOf`. */
export function isBrowser({ commandLine }: SessionProcess): boolean {
  return (
    commandLine.includes('--remote-debugging-pipe') &&
    !commandLine.includes('--type=') &&
    !isWrapper(commandLine)
  )
}

/** The processes that its pages run in, and one that Chromium keeps in reserve. */
export async function renderersOf(sessionId: string): Promise<number[]> {
  return (await processesOf(sessionId))
    .filter(({ commandLine }) => commandLine.includes('--type=renderer'))
    .map(({ pid }) => pid)
}

const kernels = { node: /kernels\/node\/main/, bash: / -c \. \S*\/shell\.bash/ } as const

/** The process that runs the code of a language. */
export async function kernelOf(
  sessionId: string,
  language: keyof typeof kernels = 'node',
): Promise<number> {
  return only(
    await processesOf(sessionId),
    ({ commandLine }) => kernels[language].test(commandLine) && !isWrapper(commandLine),
  )
}

/** Bubblewrap, and the shell that keeps a browser's state, are told what to run and stay around it. */
function isWrapper(commandLine: string): boolean {
  return /^(\S*\/bwrap|\/stage\/\d+|\/bin\/sh) /.test(commandLine)
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

function only(processes: SessionProcess[], fits: (process: SessionProcess) => boolean): number {
  // What makes a sandbox has the command that runs in it among its own arguments.
  const commands = processes.filter(({ commandLine }) => !/^\S*bwrap /.test(commandLine))
  const [process, ...others] = commands.filter(fits)
  if (process && others.length === 0) return process.pid
  const seen = processes.map(({ commandLine }) => commandLine.slice(0, 80)).join('\n')
  throw new Error(`One process was expected, ${others.length + (process ? 1 : 0)} fit of:\n${seen}`)
}

async function inspect(
  pid: string,
): Promise<(SessionProcess & { workingDirectory: string; group: string }) | undefined> {
  const directory = `/proc/${pid}`
  try {
    // A dead process has no executable any more.
    await readlink(`${directory}/exe`)
    const [environment, commandLine, stat, workingDirectory] = await Promise.all([
      readFile(`${directory}/environ`, 'utf8'),
      readFile(`${directory}/cmdline`, 'utf8'),
      readFile(`${directory}/stat`, 'utf8'),
      readlink(`${directory}/cwd`),
    ])
    const mark = /(?:^|\0)TANDEM_PROCESS=([^\0]*)/.exec(environment)?.[1] ?? ''
    // State, parent, group; the name before them may contain anything.
    const [, , group = ''] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const command = commandLine.replaceAll('\0', ' ')
    return { pid: Number(pid), mark, commandLine: command, workingDirectory, group }
  } catch {
    return undefined
  }
}
