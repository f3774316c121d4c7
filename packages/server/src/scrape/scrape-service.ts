import type { ScrapeDocument, ScrapeRequest } from '@tandem-browser/core'
import { v7 as uuid } from 'uuid'
import { AdvertisingHosts } from '../egress/advertising-hosts.ts'
import type { CreditAccounts } from '../keys/credit-accounts.ts'
import { profileToRead, profileToSave } from '../profiles/profile-request.ts'
import { scrapeCredits } from '../sessions/credits.ts'
import type { LifetimeLimits } from '../sessions/lifetime.ts'
import type { SessionRegistry } from '../sessions/session-registry.ts'
import type { Session } from '../sessions/session.ts'
import { persistFailure } from '../sessions/settled.ts'
import { withPlaywrightPage } from './playwright-page.ts'
import type { ReplayContext, ReplayContexts, ReplayRequest } from './replay-contexts.ts'
import { replayTimeout } from './replay-timeout.ts'
import {
  ReplayError,
  ReplayUnavailableError,
  ScrapeError,
  ScrapeForbiddenError,
  ScrapeNotFoundError,
  noCache,
  sourceNotRetained,
} from './scrape-error.ts'
import { replayPage, scrapePage } from './scrape-page.ts'
import type { ScrapeResults } from './scrape-results.ts'
import { defaultScrapeTimeout } from './time-budget.ts'
import { appearAs } from './visitor.ts'

/** Milliseconds that a scrape's own session may live: above the longest timeout. */
const scrapeLifetime = 330_000

export interface ScrapeServiceOptions {
  registry: SessionRegistry
  contexts: ReplayContexts
  results: ScrapeResults
  accounts: CreditAccounts
}

/** How a scrape is to be continued by whoever is the first to do so. */
export interface Continuation {
  limits: LifetimeLimits
  /** A standalone session to go on with, if it is there. */
  existingSessionId?: string | undefined
  /** Where to start when nothing was kept of the scrape. */
  url?: string | undefined
  /** Called before a session is made. What it throws keeps one from being made for this caller alone. */
  assertRunnable: () => void
}

/** Scrapes pages, and continues scrapes as sessions. */
export class ScrapeService {
  readonly #registry: SessionRegistry
  readonly #contexts: ReplayContexts
  readonly #results: ScrapeResults
  readonly #accounts: CreditAccounts
  /** Sessions that are being made for a scrape: one, however many ask at once. */
  readonly #starting = new Map<string, Promise<Session>>()

  constructor({ registry, contexts, results, accounts }: ScrapeServiceOptions) {
    this.#registry = registry
    this.#contexts = contexts
    this.#results = results
    this.#accounts = accounts
  }

  /**
   * Loads a page in a browser of its own and gives it in the formats that were
   * asked for. Costs what a scrape costs when it succeeds, and else nothing. The
   * page stays open for a while, for whoever continues the scrape.
   *
   * @throws InsufficientCreditsError, ScrapeError, and what starting a session throws
   */
  async scrape(
    keyId: string,
    request: ScrapeRequest,
    signal: AbortSignal,
  ): Promise<ScrapeDocument> {
    if (request.minAge !== undefined || request.lockdown === true) {
      throw new ScrapeError('SCRAPE_NO_CACHED_DATA', noCache)
    }
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
    const leavesNothing = request.zeroDataRetention === true
    // From here on: the start of the browser is a part of the whole scrape.
    const deadline = performance.now() + (request.timeout ?? defaultScrapeTimeout)
    const lifetime = { total: scrapeLifetime, idle: scrapeLifetime }
    const { document } = await this.#registry.lend(
      { keyId, limits: lifetime, streamWebView: false, profile: profileToRead(request.profile) },
      async (session) => {
        await setUp(session, request)
        return withPlaywrightPage(session, (page) =>
          scrapePage(page, request, { signal, deadline, explainTarget: session.explainTarget }),
        )
      },
      { signal, keepAs: ({ intact }) => (intact && mayStay(request) ? scrapeId : undefined) },
    )
    const metadata = { ...document.metadata, scrapeId, creditsUsed: scrapeCredits }
    const answer = { ...document, metadata }
    await Promise.all([
      this.#contexts.add(scrapeId, {
        keyId,
        ...(leavesNothing ? {} : { request: replayable(request) }),
      }),
      leavesNothing ? undefined : this.#results.add(scrapeId, answer),
    ])
    return answer
  }

  /**
   * What a scrape gave.
   *
   * @throws ScrapeNotFoundError, ScrapeForbiddenError
   */
  async resultOf(scrapeId: string, keyId: string): Promise<ScrapeDocument> {
    await this.#find(scrapeId, keyId, 'You are not allowed to access this resource.')
    const document = await this.#results.find(scrapeId)
    if (!document) throw new ScrapeNotFoundError()
    return document
  }

  /**
   * The session that continues a scrape; the first call makes it. A scrape has
   * one session for life.
   *
   * @throws ScrapeNotFoundError, ScrapeForbiddenError, ReplayUnavailableError,
   *   ReplayError, and what finding or starting a session throws
   */
  async sessionFor(scrapeId: string, keyId: string, continuation: Continuation): Promise<Session> {
    const context = await this.#find(scrapeId, keyId)
    if (context.sessionId !== undefined) return this.#registry.find(context.sessionId, keyId)
    // In the order of the contract: what was kept, then what keeps a session from being made.
    if (!context.request && continuation.url === undefined) {
      const { existingSessionId } = continuation
      if (!(await this.#adoptable(keyId, existingSessionId)))
        throw new ReplayUnavailableError(sourceNotRetained)
    }
    continuation.assertRunnable()
    let starting = this.#starting.get(scrapeId)
    if (!starting) {
      starting = this.#start(scrapeId, context, continuation).finally(() =>
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

  async #find(scrapeId: string, keyId: string, forbidden?: string): Promise<ReplayContext> {
    const context = await this.#contexts.find(scrapeId)
    if (!context) throw new ScrapeNotFoundError()
    if (context.keyId !== keyId) throw new ScrapeForbiddenError(forbidden)
    return context
  }

  async #start(
    scrapeId: string,
    context: ReplayContext,
    continuation: Continuation,
  ): Promise<Session> {
    const adopted = await this.#adopt(scrapeId, context.keyId, continuation.existingSessionId)
    if (adopted) return adopted
    const { keyId } = context
    const specification = {
      ...{ keyId, scrapeId, streamWebView: true },
      limits: continuation.limits,
      // The scrape has only read it: the session is the one that writes (contract §6).
      profile: profileToSave(context.request?.profile),
    }
    const session =
      (await this.#registry.resume(scrapeId, specification)) ??
      (await this.#replay(specification, context.request, continuation.url))
    try {
      if (await this.#contexts.bind(scrapeId, session.id)) return session
    } catch (error) {
      await session.destroy('released')
      throw persistFailure(error)
    }
    // Another was quicker; its session is the scrape's.
    await session.destroy('released')
    const { sessionId } = await this.#find(scrapeId, keyId)
    if (sessionId === undefined) throw new ScrapeNotFoundError()
    return this.#registry.find(sessionId, keyId)
  }

  /** Goes on with a standalone session as it is, when there is such a one. */
  async #adopt(
    scrapeId: string,
    keyId: string,
    existingSessionId: string | undefined,
  ): Promise<Session | undefined> {
    const session = await this.#adoptable(keyId, existingSessionId)
    if (!session) return undefined
    // At once, so that no other scrape takes it meanwhile.
    const bound = this.#registry.bindToScrape(session, scrapeId)
    this.#registry.forget(scrapeId)
    await bound
    return (await this.#contexts.bind(scrapeId, session.id)) ? session : undefined
  }

  /** A living standalone session of that key; undefined for whatever else was named. */
  async #adoptable(keyId: string, sessionId: string | undefined): Promise<Session | undefined> {
    if (sessionId === undefined) return undefined
    const session = await this.#registry.find(sessionId, keyId).catch(() => undefined)
    return session?.scrapeId === undefined ? session : undefined
  }

  /** A fresh session that is brought to the scrape's page. */
  async #replay(
    specification: Parameters<SessionRegistry['create']>[0],
    kept: ReplayRequest | undefined,
    url: string | undefined,
  ): Promise<Session> {
    const request = kept ?? (url === undefined ? undefined : { url })
    if (!request) throw new ReplayUnavailableError(sourceNotRetained)
    const session = await this.#registry.create(specification)
    try {
      await setUp(session, request)
      const { explainTarget } = session
      const timeout = replayTimeout(request)
      await withPlaywrightPage(session, (page) =>
        replayPage(page, { ...request, timeout }, { explainTarget }),
      )
      return session
    } catch (cause) {
      await session.destroy('released')
      throw new ReplayError({ cause })
    }
  }
}

/** What has to be set before the pages of a session load anything. */
async function setUp(session: Session, request: ReplayRequest): Promise<void> {
  if (request.blockAds !== false) {
    session.blockAdvertising(await AdvertisingHosts.load(), request.url)
  }
  await appearAs(session, request)
}

/** Whether the session of a scrape can become that of whoever goes on with it. */
function mayStay({ zeroDataRetention, profile }: ScrapeRequest): boolean {
  // It has only read its profile, and cannot begin to write to it.
  return zeroDataRetention !== true && (profile === undefined || profile.saveChanges === false)
}

function replayable(request: ScrapeRequest): ReplayRequest {
  const { url, headers, waitFor, actions, mobile, location } = request
  const { skipTlsVerification, blockAds, profile } = request
  const page = { headers, waitFor, actions, mobile, location }
  const wanted = { ...page, skipTlsVerification, blockAds, profile }
  const given = Object.entries(wanted).filter(([, value]) => value !== undefined)
  return { url, ...Object.fromEntries(given) }
}
