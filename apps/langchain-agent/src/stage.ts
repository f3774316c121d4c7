import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Tandem } from '@tandem-browser/core'
import { startServer } from '@tandem-browser/server'
import { type Site, startSite } from 'tour/site'

/** What the agent works on: a server with a data folder of its own, and the shop of the tour. */
export class Stage {
  readonly tandem: Tandem
  readonly site: Site
  readonly #teardown: readonly (() => Promise<unknown>)[]

  private constructor(tandem: Tandem, site: Site, teardown: readonly (() => Promise<unknown>)[]) {
    this.tandem = tandem
    this.site = site
    this.#teardown = teardown
  }

  static async set(): Promise<Stage> {
    const teardown: (() => Promise<unknown>)[] = []
    try {
      const dataDir = await mkdtemp(join(tmpdir(), 'tandem-agent-'))
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
      })
      teardown.push(() => server.close())
      return new Stage(new Tandem({ baseUrl: server.url, apiKey }), site, teardown)
    } catch (error) {
      await runInReverse(teardown)
      throw error
    }
  }

  /** Takes everything down again, last first. */
  close(): Promise<void> {
    return runInReverse(this.#teardown)
  }
}

/** Every step runs, also after one that failed. */
async function runInReverse(steps: readonly (() => Promise<unknown>)[]): Promise<void> {
  const failures: unknown[] = []
  for (const step of steps.toReversed())
    await step().catch((error: unknown) => failures.push(error))
  if (failures.length > 0) throw new AggregateError(failures, 'Not everything could be taken down.')
}
