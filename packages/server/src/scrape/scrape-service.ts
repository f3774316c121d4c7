import type { ScrapeDocument, ScrapeRequest } from '@tandem-browser/core'
import { v7 as uuid } from 'uuid'
import type { CreditAccounts } from '../keys/credit-accounts.ts'
import { scrapeCredits } from '../sessions/credits.ts'
import { profileToRead, profileToSave } from '../profiles/profile-request.ts'
import type { LifetimeLimits } from '../sessions/lifetime.ts'
import type { SessionRegistry } from '../sessions/session-registry.ts'
import type { Session } from '../sessions/session.ts'
import { loadPage } from './load-page.ts'
import { withPlaywrightPage } from './playwright-page.ts'
import type { ReplayContext, ReplayContexts } from './replay-contexts.ts'
import { ReplayError, ScrapeForbiddenError, ScrapeNotFoundError } from './scrape-error.ts'
import { scrapePage } from './scrape-page.ts'
import { defaultScrapeTimeout } from './time-budget.ts'
import { appearAs } from './visitor.ts'

/** Milliseconds that a scrape's own session may live: above the longest timeout. */
const scrapeLifetime = 330_000

/** Milliseconds for reaching a scrape's page again, without its own waits (contract §5). */
const replayTimeout = 45_000

/** Scrapes pages, and continues scrapes as sessions. */
export class ScrapeService {
  readonly #registry: SessionRegistry
  readonly #contexts: ReplayContexts
  readonly #accounts: CreditAccounts
  /** Sessions that are being made for a scrape: one, however many ask at once. */
  readonly #starting = new Map<string, Promise<Session>>()

  constructor(registry: SessionRegistry, contexts: ReplayContexts, accounts: CreditAccounts) {
    this.#registry = registry
    this.#contexts = contexts
    this.#accounts = accounts
  }

  /**
   * Loads a page in a browser of its own and gives it in the formats that were
   * asked for. Costs what a scrape costs when it succeeds, and else nothing.
   *
   * @throws InsufficientCreditsError, ScrapeError, and what starting a session throws
   */
  async scrape(
    keyId: string,
    request: ScrapeRequest,
    signal: AbortSignal,
  ): Promise<ScrapeDocument> {
    const scrapeId = uuid()
    const charge = { keyId, workId: scrapeId, credits: scrapeCredits, purpose: 'a scrape' }
    return this.#accounts.charge(charge, () => this.#scrape(scrapeId, keyId, request, signal))
  }

  async #scrape(
    scrapeId: string,
    keyId: string,
    request: ScrapeRequest,
    signal: AbortSignal,
  ): Promise<ScrapeDocument> {
    // From here on: the start of the browser is a part of the whole scrape.
    const deadline = performance.now() + (request.timeout ?? defaultScrapeTimeout)
    const lifetime = { total: scrapeLifetime, idle: scrapeLifetime }
    const document = await this.#registry.lend(
      { keyId, limits: lifetime, streamWebView: false, profile: profileToRead(request.profile) },
      async (session) => {
        await appearAs(session, request)
        return withPlaywrightPage(session, (page) =>
          scrapePage(page, request, { signal, deadline, explainTarget: session.explainTarget }),
        )
      },
      signal,
    )
    const { url, waitFor, mobile, location, profile } = request
    await this.#contexts.add(scrapeId, { keyId, url, waitFor, mobile, location, profile })
    const metadata = { ...document.metadata, scrapeId, creditsUsed: scrapeCredits }
    return { ...document, metadata }
  }

  /**
   * The session that continues a scrape; the first call makes it. A scrape has
   * one session for life.
   *
   * @throws ScrapeNotFoundError, ScrapeForbiddenError, ReplayError, and what
   *   finding or starting a session throws
   */
  async sessionFor(scrapeId: string, keyId: string, limits: LifetimeLimits): Promise<Session> {
    const context = await this.#find(scrapeId, keyId)
    if (context.sessionId !== undefined) return this.#registry.find(context.sessionId, keyId)
    let starting = this.#starting.get(scrapeId)
    if (!starting) {
      starting = this.#start(scrapeId, context, limits).finally(() =>
        this.#starting.delete(scrapeId),
      )
      this.#starting.set(scrapeId, starting)
    }
    return starting
  }

  /**
   * The id of the session that continues a scrape.
   *
   * @throws ScrapeNotFoundError, ScrapeForbiddenError; a scrape that nobody has
   *   continued has none: undefined
   */
  async sessionIdOf(scrapeId: string, keyId: string): Promise<string | undefined> {
    await this.#starting.get(scrapeId)?.catch(() => {})
    return (await this.#find(scrapeId, keyId)).sessionId
  }

  async #find(scrapeId: string, keyId: string): Promise<ReplayContext> {
    const context = await this.#contexts.find(scrapeId)
    if (!context) throw new ScrapeNotFoundError()
    if (context.keyId !== keyId) throw new ScrapeForbiddenError()
    return context
  }

  async #start(scrapeId: string, context: ReplayContext, limits: LifetimeLimits): Promise<Session> {
    const { keyId, url, waitFor } = context
    const session = await this.#registry.create({
      keyId,
      limits,
      streamWebView: true,
      scrapeId,
      // The scrape has only read it: the session is the one that writes (contract §6).
      profile: profileToSave(context.profile),
    })
    try {
      const timeout = replayTimeout + (waitFor ?? 0)
      const request = { url, timeout, ...(waitFor === undefined ? {} : { waitFor }) }
      const { explainTarget } = session
      await appearAs(session, context)
        .then(() =>
          withPlaywrightPage(session, (page) => loadPage(page, request, { explainTarget })),
        )
        .catch((error: unknown) => {
          throw new ReplayError({ cause: error })
        })
      if (await this.#contexts.bind(scrapeId, session.id)) return session
    } catch (error) {
      await session.destroy('released')
      throw error
    }
    // Another was quicker; its session is the scrape's.
    await session.destroy('released')
    const { sessionId } = await this.#find(scrapeId, keyId)
    if (sessionId === undefined) throw new ScrapeNotFoundError()
    return this.#registry.find(sessionId, keyId)
  }
}
