import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface Ended {
  /** The status to exit with, or the signal that ended it. */
  status: number | NodeJS.Signals | null
  stdout: string
  stderr: string
  /** What it left in its folder for temporary files. */
  files: string[]
  /** Command lines of processes that it left. */
  processes: string[]
}

export interface ProgramOptions {
  args?: string[]
  /** Called with all of the standard output whenever there is more of it. */
  onOutput?: (stdout: string, child: ChildProcess) => void
}

/**
 * Runs a program of this folder's parent as people do, with a folder for temporary files of its
 * own, and looks at what it leaves behind.
 */
export async function runProgram(path: string, options: ProgramOptions = {}): Promise<Ended> {
  const temporary = await mkdtemp(join(tmpdir(), 'tour-test-'))
  const program = fileURLToPath(new URL(`../${path}`, import.meta.url))
  const child = spawn(process.execPath, [program, ...(options.args ?? [])], {
    env: { ...process.env, TMPDIR: temporary, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
    // Ctrl-C reaches the whole group of a terminal's foreground program.
    detached: true,
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString('utf8')
    options.onOutput?.(stdout, child)
  })
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString('utf8')
  })
  try {
    const status = await new Promise<Ended['status']>((resolve, reject) => {
      child.on('error', reject)
      child.on('close', (code, signal) => resolve(code ?? signal))
    })
    const files = await readdir(temporary)
    return { status, stdout, stderr, files, processes: await processesOf(temporary) }
  } finally {
    await rm(temporary, { recursive: true, force: true })
  }
}

/** Everything that was started below the program has its folder in its environment. */
async function processesOf(folder: string): Promise<string[]> {
  const found: string[] = []
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    if (environment.includes(folder) || command.includes(folder)) found.push(`${pid} ${command}`)
  }
  return found
}
