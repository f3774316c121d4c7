import { z } from 'zod'
import type { Store, StoreRecord, WriteOptions } from '../store/store.ts'

const account = z.object({
  /** What is left; missing: there is no bound. */
  balance: z.number().optional(),
  /** All that was ever billed. */
  spent: z.number(),
  /** What work under way may still cost, by the id of the work. */
  holds: z.record(z.string(), z.number()),
})
type Account = z.infer<typeof account>

const newAccount: Account = { spent: 0, holds: {} }
const prefix = 'credits/'

/** Credits of a key, for whoever may see them. */
export interface CreditSummary {
  /** Undefined when there is no bound. */
  balance: number | undefined
  spent: number
  /** What work under way may cost at the most. */
  held: number
}

/** The key has too few credits for what it asked for. */
export class InsufficientCreditsError extends Error {
  override readonly name = 'InsufficientCreditsError'
  readonly required: number
  readonly available: number

  /** @param purpose What the credits are for, such as `a scrape`. */
  constructor(purpose: string, { required, available }: { required: number; available: number }) {
    super(
      `Insufficient credits for ${purpose} (requires ~${required} credits). This key has ` +
        `${available} left for it; the operator of the server gives it more with: tandem keys credits add`,
    )
    this.required = required
    this.available = available
  }
}

/**
 * The credits of each key. Work first holds what it may cost, and settles what
 * it did cost: both are one atomic step on the account, and a hold can be
 * settled only once. So work is billed once whatever ends it, and what a killed
 * server left is found among the holds.
 */
export class CreditAccounts {
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
  }

  async summary(keyId: string): Promise<CreditSummary> {
    const { balance, spent, holds } = await this.#read(keyId)
    return { balance, spent, held: sum(holds) }
  }

  /** @throws InsufficientCreditsError when so much could not be held now */
  async check(keyId: string, credits: number, purpose: string): Promise<void> {
    assertCovered(await this.#read(keyId), credits, purpose)
  }

  /**
   * Sets credits aside for a piece of work, in place of what was set aside for it before.
   *
   * @throws InsufficientCreditsError
   */
  async hold(keyId: string, workId: string, credits: number, purpose: string): Promise<void> {
    await this.#change(keyId, (current) => {
      const { [workId]: _, ...others } = current.holds
      assertCovered({ ...current, holds: others }, credits, purpose)
      return { ...current, holds: { ...others, [workId]: credits } }
    })
  }

  /** Bills what a piece of work has cost, and frees what was held for it. Does nothing the second time. */
  async settle(keyId: string, workId: string, credits: number): Promise<void> {
    await this.#change(keyId, (current) => {
      if (!Object.hasOwn(current.holds, workId)) return undefined
      const { [workId]: _, ...holds } = current.holds
      return { ...withBalance(current, -credits), spent: current.spent + credits, holds }
    })
  }

  /** Bills a task that has a fixed price, when it succeeds. */
  async charge<Result>(
    { keyId, workId, credits, purpose }: Charge,
    task: () => Promise<Result>,
  ): Promise<Result> {
    await this.hold(keyId, workId, credits, purpose)
    let cost = 0
    try {
      const result = await task()
      cost = credits
      return result
    } finally {
      await this.settle(keyId, workId, cost)
    }
  }

  /** Sets what a key has left. */
  async set(keyId: string, balance: number | 'unlimited'): Promise<void> {
    await this.#change(
      keyId,
      ({ spent, holds }) =>
        balance === 'unlimited' ? { spent, holds } : { balance, spent, holds },
      { durable: true },
    )
  }

  /** Gives a key more; false when its credits are unlimited. */
  async add(keyId: string, credits: number): Promise<boolean> {
    return this.#change(
      keyId,
      (current) => (current.balance === undefined ? undefined : withBalance(current, credits)),
      { durable: true },
    )
  }

  /** Everything that is held at the moment. */
  async openHolds(): Promise<{ keyId: string; workId: string }[]> {
    const records = await this.#store.listByPrefix(prefix)
    return records.flatMap((record) => {
      const keyId = record.key.slice(prefix.length)
      return Object.keys(account.parse(record.value).holds).map((workId) => ({ keyId, workId }))
    })
  }

  async #read(keyId: string): Promise<Account> {
    return accountOf(await this.#store.get(prefix + keyId))
  }

  /** @returns Whether something was changed. */
  async #change(
    keyId: string,
    change: (current: Account) => Account | undefined,
    options: WriteOptions = {},
  ): Promise<boolean> {
    for (;;) {
      const record = await this.#store.get(prefix + keyId)
      const changed = change(accountOf(record))
      if (!changed) return false
      const written = record
        ? await this.#store.compareAndSet(record.key, record.version, changed, options)
        : await this.#store.createIfAbsent(prefix + keyId, changed, options)
      // Otherwise somebody changed it between our read and our write: once more.
      if (written) return true
    }
  }
}

interface Charge {
  keyId: string
  workId: string
  credits: number
  purpose: string
}

function accountOf(record: StoreRecord | undefined): Account {
  return record ? account.parse(record.value) : newAccount
}

function withBalance(current: Account, change: number): Account {
  return current.balance === undefined ? current : { ...current, balance: current.balance + change }
}

function assertCovered({ balance, holds }: Account, required: number, purpose: string): void {
  if (balance === undefined) return
  const available = Math.max(0, balance - sum(holds))
  if (required > available) throw new InsufficientCreditsError(purpose, { required, available })
}

function sum(holds: Account['holds']): number {
  return Object.values(holds).reduce((total, credits) => total + credits, 0)
}
