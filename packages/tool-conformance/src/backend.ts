import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Tandem } from '@tandem-browser/core'
import { type RunningServer, startServer } from '@tandem-browser/server'
import { ConformanceSite } from './site.ts'

const apiKey = 'td-conformance-test-key'

/** A real server and a site that its sessions may reach. */
export class Backend {
  readonly site: ConformanceSite
  /** How a program of its own gets a client. */
  readonly connection: Readonly<{ baseUrl: string; apiKey: string }>
  readonly tandem: Tandem
  /** A client that the server does not know. */
  readonly stranger: Tandem
  readonly #server: RunningServer
  readonly #folder: string

  private constructor(server: RunningServer, site: ConformanceSite, folder: string) {
    this.#server = server
    this.site = site
    this.#folder = folder
    this.connection = { baseUrl: server.url, apiKey }
    this.tandem = new Tandem(this.connection)
    this.stranger = new Tandem({ baseUrl: server.url, apiKey: 'td-nobody-knows-this-key' })
  }

  /** @param pages Bodies of further pages of the site, by their paths. */
  static async start(pages?: Readonly<Record<string, string>>): Promise<Backend> {
    const folder = await mkdtemp(join(tmpdir(), 'tandem-conformance-'))
    const site = await ConformanceSite.start(pages)
    const server = await startServer({
      port: 0,
      dataDir: folder,
      apiKeys: [apiKey],
      isolation: process.env['TANDEM_ISOLATION'] === 'none' ? 'none' : 'bubblewrap',
      egressAllow: [site.host],
      logLevel: 'silent',
      // Each test needs few sessions; browsers that nobody takes would only slow the others down.
      poolSize: 0,
    })
    return new Backend(server, site, folder)
  }

  /** The ids of the sessions that are alive. */
  async activeSessions(): Promise<string[]> {
    return (await this.tandem.sessions.list({ status: 'active' })).map(({ id }) => id)
  }

  /** Every secret that there is: keys, and all that belongs to the sessions, also to those that ended. */
  async secrets(): Promise<string[]> {
    const sessions = await this.tandem.sessions.list()
    const urls = sessions.flatMap(({ cdpUrl, liveViewUrl, interactiveLiveViewUrl }) =>
      [cdpUrl, liveViewUrl, interactiveLiveViewUrl].filter((url) => url !== ''),
    )
    const parts = urls.flatMap((url) => {
      const { searchParams, hash } = new URL(url)
      return [url, ...searchParams.values(), hash.slice(1)].filter((part) => part.length > 8)
    })
    return [apiKey, ...parts, ...sessions.map(({ id }) => id)]
  }

  async close(): Promise<void> {
    await this.#server.close()
    await this.site.close()
    await rm(this.#folder, { recursive: true, force: true })
  }
}
