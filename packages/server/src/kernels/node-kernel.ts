import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { CdpMultiplexer } from '../cdp/multiplexer.ts'
import type { Isolation } from '../sandbox/isolation.ts'
import { Kernel } from './kernel.ts'

export interface NodeKernelOptions {
  isolation: Isolation
  sessionId: string
  /** The session's folder. */
  directory: string
  cdp: CdpMultiplexer
}

// Runs as it is written here, and as it is built there.
const program = fileURLToPath(
  new URL(`node/main${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url),
)

/** Starts a process that runs JavaScript with the session's page at hand. */
export function startNodeKernel(options: NodeKernelOptions): Kernel {
  const work = join(options.directory, 'work')
  const temporary = join(options.directory, 'tmp')
  for (const folder of [work, temporary]) mkdirSync(folder, { recursive: true })
  const process_ = options.isolation.spawn({
    role: 'kernel',
    sessionId: options.sessionId,
    command: process.execPath,
    arguments: ['--disable-warning=ExperimentalWarning', program],
    environment: {
      PATH: process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
      HOME: work,
      TMPDIR: temporary,
      LANG: 'C.UTF-8',
      SESSION_ID: options.sessionId,
    },
    workingDirectory: work,
    extraPipes: 3,
  })
  return new Kernel(process_, options.cdp)
}
