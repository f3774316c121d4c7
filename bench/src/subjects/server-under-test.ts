import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Tandem } from '@tandem-browser/core'
import type { ServerOptions } from '@tandem-browser/server'
import { MeasuredProcess } from './measured-process.ts'

const program = new URL('server-program.ts', import.meta.url)

/** More than any row uses: what a row measures is not the limit. */
const maxSessions = 200

/** Milliseconds until sessions must be ready again. */
const warmDeadline = 60_000

export interface ServerUnderTestOptions {
  /** Whether its client keeps connections open. Default: true. */
  keepAlive?: boolean
  /** How many sessions it keeps ready. Default: as many as it finds right. */
  poolSize?: number
}

/** A server in a process of its own, as a user has it, and a client of it. */
export class ServerUnderTest {
  readonly tandem: Tandem
  readonly isolation: string
  readonly process: MeasuredProcess
  readonly #url: string
  /** The only places where it, and what it starts, may leave files. */
  readonly folders: readonly string[]

  private constructor(
    measured: MeasuredProcess,
    parts: { url: string; tandem: Tandem; isolation: string; folders: readonly string[] },
  ) {
    this.#url = parts.url
    this.process = measured
    this.tandem = parts.tandem
    this.isolation = parts.isolation
    this.folders = parts.folders
  }

  /** @param workspace A folder for its data. */
  static async start(
    workspace: string,
    { keepAlive, poolSize }: ServerUnderTestOptions = {},
  ): Promise<ServerUnderTest> {
    const name = `server-${randomBytes(4).toString('hex')}`
    const dataDir = join(workspace, name, 'data')
    const temporary = join(workspace, name, 'tmp')
    for (const folder of [dataDir, temporary]) await mkdir(folder, { recursive: true })
    const measured = new MeasuredProcess(program, { TMPDIR: temporary })
    try {
      const apiKey = `td-${randomBytes(24).toString('hex')}`
      const settings: ServerOptions = {
        port: 0,
        dataDir,
        apiKeys: [apiKey],
        maxSessions,
        poolSize,
        // The pages that are measured are on this machine.
        egressAllow: ['127.0.0.1:*'],
      }
      const { url, isolation } = await measured.request<{ url: string; isolation: string }>(
        'start',
        settings,
      )
      const headers = keepAlive === false ? { connection: 'close' } : {}
      const tandem = new Tandem({ baseUrl: url, apiKey, headers, maxRetries: 0 })
      return new ServerUnderTest(measured, {
        url,
        tandem,
        isolation,
        folders: [dataDir, temporary],
      })
    } catch (error) {
      await measured.close()
      throw error
    }
  }

  /** Settles when it has made ahead all that it wants to have ready. */
  async untilWarm(signal: AbortSignal): Promise<void> {
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(warmDeadline)])
    for (;;) {
      const response = await fetch(`${this.#url}/health`, { signal: deadline })
      const { pool } = (await response.json()) as { pool: { ready: number; starting: number } }
      if (pool.starting === 0) return
      await delay(20, undefined, { signal: deadline })
    }
  }

  close(): Promise<void> {
    return this.process.close()
  }
}
