import { z } from 'zod'
import type { Store } from '../store/store.ts'

const keyLimits = z.object({
  /** Sessions at once, scrapes under way among them. */
  sessions: z.number().optional(),
  /** In each group of calls that is counted on its own. */
  requestsPerMinute: z.number().optional(),
})

/** What an operator lets a key do; what is missing is unlimited. */
export type KeyLimits = z.infer<typeof keyLimits>

/** Changes of limits: a number sets one, `unlimited` takes it away, nothing leaves it. */
export type KeyLimitChanges = {
  [Name in keyof KeyLimits]: number | 'unlimited' | undefined
}

/**
 * The limits of each key, as the store has them. Nothing is cached: what another
 * process sets holds with the next request.
 */
export class KeyLimitStore {
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
  }

  async of(keyId: string): Promise<KeyLimits> {
    const record = await this.#store.get(rowKey(keyId))
    return record ? keyLimits.parse(record.value) : {}
  }

  async change(keyId: string, changes: KeyLimitChanges): Promise<void> {
    const changed = { ...(await this.of(keyId)), ...defined(changes) }
    const limits = Object.entries(changed).filter(([, value]) => value !== 'unlimited')
    await this.#store.put(rowKey(keyId), Object.fromEntries(limits), { durable: true })
  }
}

function rowKey(keyId: string): string {
  return `key-limits/${keyId}`
}

function defined(changes: KeyLimitChanges): Partial<KeyLimitChanges> {
  return Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined))
}
