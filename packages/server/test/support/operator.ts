import { CreditAccounts } from '../../src/keys/credit-accounts.ts'
import { hashKey } from '../../src/keys/hashed-key.ts'
import { KeyLimitStore } from '../../src/keys/key-limits.ts'
import { SqliteStore } from '../../src/store/sqlite-store.ts'
import type { ApiCaller } from './api-caller.ts'

/** What `tandem keys` does in a process of its own, while the server runs. */
export class Operator implements AsyncDisposable {
  readonly limits: KeyLimitStore
  readonly accounts: CreditAccounts
  readonly #store: SqliteStore

  private constructor(store: SqliteStore) {
    this.#store = store
    this.limits = new KeyLimitStore(store)
    this.accounts = new CreditAccounts(store)
  }

  static async of({ dataDirectory }: Pick<ApiCaller, 'dataDirectory'>): Promise<Operator> {
    return new Operator(await SqliteStore.open(dataDirectory))
  }

  static idOf(key: string): string {
    return hashKey(key).id
  }

  /** Has a record be what nobody can read. */
  async spoil(recordKey: string): Promise<void> {
    await this.#store.put(recordKey, 'spoiled')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#store.close()
  }
}
