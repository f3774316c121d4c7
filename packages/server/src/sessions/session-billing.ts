import type { CreditAccounts } from '../keys/credit-accounts.ts'
import { creditsFor } from './credits.ts'
import type { SessionRecords } from './session-records.ts'
import type { Session, SessionSpecification } from './session.ts'

/** What sessions cost whoever asked for them. */
export class SessionBilling {
  readonly #accounts: CreditAccounts

  constructor(accounts: CreditAccounts) {
    this.#accounts = accounts
  }

  /** @throws InsufficientCreditsError when the whole life of such a session is not covered now */
  async check({ keyId, limits }: Pick<SessionSpecification, 'keyId' | 'limits'>): Promise<void> {
    await this.#accounts.check(keyId, creditsFor(limits.total), purposeOf(limits.total))
  }

  /** @throws InsufficientCreditsError when the whole life of the session is not covered any more */
  async begin({ keyId, id, limits }: Session): Promise<void> {
    await this.#accounts.hold(keyId, id, creditsFor(limits.total), purposeOf(limits.total))
  }

  /** From the first prompt on the whole session costs more. */
  async beginPrompts({ keyId, id, limits }: Session): Promise<void> {
    const purpose = 'a browser prompt session'
    await this.#accounts.hold(keyId, id, creditsFor(limits.total, true), purpose)
  }

  /** Bills the session, once. */
  async end({ keyId, id }: Session, credits: number): Promise<void> {
    await this.#accounts.settle(keyId, id, credits)
  }

  /** Bills what a killed server left, by its records. */
  async settleAbandoned(records: SessionRecords): Promise<void> {
    for (const { keyId, workId } of await this.#accounts.openHolds()) {
      // What has no record had not begun, or was a scrape that did not end.
      const record = await records.find(keyId, workId)
      await this.#accounts.settle(keyId, workId, record?.end?.credits ?? 0)
    }
  }
}

function purposeOf(ttl: number): string {
  return `a ${ttl / 1000}s browser session`
}
