import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type RunningServer, startServer } from '@tandem-browser/server'

import { startSite } from './site/start-site.ts'

/** What a tour needs around it: a server with a data folder of its own, and the shop. */
export class Stage {
  readonly apiKey: string
  readonly server: RunningServer
  readonly pageUrl: string
  readonly #teardown: (() => Promise<unknown>)[]

  private constructor(
    server: RunningServer,
    apiKey: string,
    pageUrl: string,
    teardown: (() => Promise<unknown>)[],
  ) {
    this.server = server
    this.apiKey = apiKey
    this.pageUrl = pageUrl
    this.#teardown = teardown
  }

  /** @param url a page to use instead of the shop */
  static async set(url: string | undefined): Promise<Stage> {
    const teardown: (() => Promise<unknown>)[] = []
    try {
      const dataDir = await mkdtemp(join(tmpdir(), 'tandem-tour-'))
      teardown.push(() => rm(dataDir, { recursive: true, force: true, maxRetries: 5 }))
      const site = url === undefined ? await startSite({ port: 0 }) : undefined
      if (site) teardown.push(() => site.close())
      const pageUrl = site ? `${site.url}/` : (url as string)
      const apiKey = `td-${randomBytes(24).toString('hex')}`
      const server = await startServer({
        port: 0,
        dataDir,
        apiKeys: [apiKey],
        logLevel: 'silent',
        // There is one guest: what would be made ahead for others would only slow it down.
        poolSize: 0,
        // Sessions may not reach this machine or its network, but for what the tour is about.
        egressAllow: [hostAndPort(pageUrl)],
        // The set-up says so where the machine makes no sandboxes: the tour brings its own page.
        isolation: process.env['TANDEM_ISOLATION'] === 'none' ? 'none' : 'bubblewrap',
        // Where the set-up has put it.
        python: process.env['TANDEM_PYTHON'] || undefined,
      })
      teardown.push(() => server.close())
      return new Stage(server, apiKey, pageUrl, teardown)
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

function hostAndPort(address: string): string {
  const { hostname, port, protocol } = new URL(address)
  return `${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`
}

/** Longer than a server takes to end its sessions, shorter than anybody's patience. */
const ACT_LIMIT_MS = 30_000

/** Every one is run, whatever the others do; the first error is thrown in the end. */
async function runInReverse(teardown: (() => Promise<unknown>)[]): Promise<void> {
  const errors: unknown[] = []
  for (let act = teardown.pop(); act; act = teardown.pop()) {
    let timer: NodeJS.Timeout | undefined
    const overdue = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('It did not end within 30 s.')), ACT_LIMIT_MS)
    })
    await Promise.race([act(), overdue]).catch((error: unknown) => errors.push(error))
    clearTimeout(timer)
  }
  if (errors.length > 0) throw errors[0]
}
