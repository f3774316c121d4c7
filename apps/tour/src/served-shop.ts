import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Tandem } from '@tandem-browser/core'
import { startServer } from '@tandem-browser/server'
import { type Site, startSite } from './site/start-site.ts'

/** The shop, and a Tandem server with a data folder of its own whose sessions may reach it. */
export class ServedShop {
  readonly tandem: Tandem
  readonly site: Site
  /** Where the server is. */
  readonly baseUrl: string
  /** The only key that it takes. */
  readonly apiKey: string
  readonly #teardown: readonly (() => Promise<unknown>)[]

  private constructor(
    site: Site,
    access: { baseUrl: string; apiKey: string },
    teardown: readonly (() => Promise<unknown>)[],
  ) {
    this.tandem = new Tandem(access)
    this.site = site
    this.baseUrl = access.baseUrl
    this.apiKey = access.apiKey
    this.#teardown = teardown
  }

  static async start(): Promise<ServedShop> {
    const teardown: (() => Promise<unknown>)[] = []
    try {
      const dataDir = await mkdtemp(join(tmpdir(), 'tandem-shop-'))
      teardown.push(() => rm(dataDir, { recursive: true, force: true, maxRetries: 5 }))
      const site = await startSite({ port: 0 })
      teardown.push(() => site.close())
      const apiKey = `td-${randomBytes(24).toString('hex')}`
      const server = await startServer({
        port: 0,
        dataDir,
        apiKeys: [apiKey],
        logLevel: 'silent',
        // One session is all that the agent takes.
        poolSize: 0,
        egressAllow: [new URL(site.url).host],
        isolation: process.env['TANDEM_ISOLATION'] === 'none' ? 'none' : 'bubblewrap',
        // Where the set-up has put it.
        python: process.env['TANDEM_PYTHON'] || undefined,
      })
      teardown.push(() => server.close())
      return new ServedShop(site, { baseUrl: server.url, apiKey }, teardown)
    } catch (error) {
      await runInReverse(teardown)
      throw error
    }
  }

  /** Takes everything down again, last first. */
  close(): Promise<void> {
    return runInReverse(this.#teardown)
  }

  /** Closes it at the end of an `await using` block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

/** Every step runs, also after one that failed. */
async function runInReverse(steps: readonly (() => Promise<unknown>)[]): Promise<void> {
  const failures: unknown[] = []
  for (const step of steps.toReversed())
    await step().catch((error: unknown) => failures.push(error))
  if (failures.length > 0) throw new AggregateError(failures, 'Not everything could be taken down.')
}
