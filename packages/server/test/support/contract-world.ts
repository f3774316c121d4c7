import { LiveClient } from './live-client.ts'
import { Operator } from './operator.ts'
import { PageServer } from '../page-server.ts'
import { TestServer } from './test-server.ts'

/** What requests of the contract are about: one of each kind that a check tells from the others. */
export class ContractWorld implements AsyncDisposable {
  readonly server: TestServer
  readonly site: PageServer
  readonly operator: Operator
  /** Where nobody listens any more. */
  readonly closedUrl: string
  /** Sessions: in use; ended; saving to the profile `locked`. */
  readonly living: string
  readonly ended: string
  readonly writer: string
  /** What opens the session in use to CDP clients, to viewers, and to their files. */
  readonly tokens: Readonly<Record<'cdp' | 'live' | 'upload', string>>
  readonly #viewer: LiveClient
  /** Scrapes: that nobody has gone on with; of which nothing was kept; of a site that is gone. */
  readonly scraped: string
  readonly bare: string
  readonly gone: string
  /** One with the profile that another session writes to. */
  readonly locked: string
  /** One whose record cannot be read. */
  readonly unreadable: string
  /** Scrapes that were gone on with, in a session that lives and in one that has ended. */
  readonly continued: string
  readonly stopped: string

  private constructor(parts: {
    server: TestServer
    site: PageServer
    operator: Operator
    closedUrl: string
    tokens: ContractWorld['tokens']
    viewer: LiveClient
    sessions: [string, string, string]
    scrapes: [string, string, string, string, string, string, string]
  }) {
    this.server = parts.server
    this.site = parts.site
    this.operator = parts.operator
    this.closedUrl = parts.closedUrl
    this.tokens = parts.tokens
    this.#viewer = parts.viewer
    ;[this.living, this.ended, this.writer] = parts.sessions
    ;[this.scraped, this.bare, this.gone, this.locked] = parts.scrapes
    ;[, , , , this.unreadable, this.continued, this.stopped] = parts.scrapes
  }

  /** Both keys have used it, for a create that nothing here asks for again. */
  static readonly usedKey = 'used-for-a-create'

  static async start(): Promise<ContractWorld> {
    const [server, site, passing] = await Promise.all([
      TestServer.start({ maxSessions: 6 }),
      PageServer.start(),
      PageServer.start(),
    ])
    const operator = await Operator.of(server)
    const url = site.serve('/', '<title>Here</title>')
    const scrape = async (body: object): Promise<string> => {
      const answer = await server.api('POST', '/v2/scrape', { url, ...body })
      return (answer.body['data'] as { metadata: { scrapeId: string } }).metadata.scrapeId
    }
    const options = { ttl: 3600, activityTtl: 3600 }
    const profile = { name: 'locked' }
    const { id: writer } = await server.createSession({ ...options, profile })
    const session = await server.createSession(options)
    const { id: living, interactiveLiveViewUrl } = session
    const { body: ticket } = await LiveClient.ticket(interactiveLiveViewUrl)
    const viewer = await LiveClient.connect(interactiveLiveViewUrl, String(ticket['ticket']))
    const { uploadToken } = await viewer.until('hello')
    const tokens = {
      cdp: new URL(session.cdpUrl).searchParams.get('token') ?? '',
      live: new URL(interactiveLiveViewUrl).hash.slice(1),
      upload: String(uploadToken),
    }
    let ended = ''
    for (const key of TestServer.keys.toReversed()) {
      const used = { key, headers: { 'idempotency-key': ContractWorld.usedKey } }
      ended = (await server.createSession({ ttl: 61 }, used)).id
      await server.api('DELETE', `/v2/interact/${ended}`, undefined, { key })
    }
    const scrapes = [
      await scrape({}),
      await scrape({ zeroDataRetention: true }),
      await scrape({ url: passing.serve('/', '<title>Passing</title>') }),
      await scrape({ profile }),
      await scrape({}),
      await scrape({}),
      await scrape({}),
    ] as [string, string, string, string, string, string, string]
    await passing.close()
    const [, , , , unreadable, continued, stopped] = scrapes
    await operator.spoil(`scrape/${unreadable}`)
    for (const id of [continued, stopped]) {
      const path = `/v2/scrape/${id}/interact`
      await server.api('POST', path, { code: '1', language: 'bash', ...options })
      if (id === stopped) await server.api('DELETE', path)
    }
    return new ContractWorld({
      ...{ server, site, operator, scrapes, closedUrl: passing.url, tokens, viewer },
      sessions: [living, ended, writer],
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#viewer.close()
    await this.operator[Symbol.asyncDispose]()
    await this.server.close()
    await this.site.close()
  }
}
