import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Tandem } from '@tandem-browser/core'
import type { ServerOptions } from '@tandem-browser/server'
import { MeasuredProcess } from './measured-process.ts'

const program = new URL('server-program.ts', import.meta.url)

/** More than any row uses: what a row measures is not the limit. */
const maxSessions = 200

/** A server in a process of its own, as a user has it, and a client of it. */
export class ServerUnderTest {
  readonly tandem: Tandem
  readonly isolation: string
  readonly process: MeasuredProcess
  /** The only places where it, and what it starts, may leave files. */
  readonly folders: readonly string[]

  private constructor(
    measured: MeasuredProcess,
    parts: { tandem: Tandem; isolation: string; folders: readonly string[] },
  ) {
    this.process = measured
    this.tandem = parts.tandem
    this.isolation = parts.isolation
    this.folders = parts.folders
  }

  /**
   * @param workspace A folder for its data.
   * @param options.keepAlive Whether its client keeps connections open. Default: true.
   */
  static async start(
    workspace: string,
    options: { keepAlive?: boolean } = {},
  ): Promise<ServerUnderTest> {
    const name = `server-${randomBytes(4).toString('hex')}`
    const dataDir = join(workspace, name, 'data')
    const temporary = join(workspace, name, 'tmp')
    for (const folder of [dataDir, temporary]) await mkdir(folder, { recursive: true })
    const measured = new MeasuredProcess(program, { TMPDIR: temporary })
    try {
      const apiKey = `td-${randomBytes(24).toString('hex')}`
      const settings: ServerOptions = { port: 0, dataDir, apiKeys: [apiKey], maxSessions }
      const { url, isolation } = await measured.request<{ url: string; isolation: string }>(
        'start',
        settings,
      )
      const headers = options.keepAlive === false ? { connection: 'close' } : {}
      const tandem = new Tandem({ baseUrl: url, apiKey, headers, maxRetries: 0 })
      return new ServerUnderTest(measured, { tandem, isolation, folders: [dataDir, temporary] })
    } catch (error) {
      await measured.close()
      throw error
    }
  }

  close(): Promise<void> {
    return this.process.close()
  }
}
