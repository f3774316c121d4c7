import type { Store } from '../store/store.ts'

const key = 'server/alive'

/** Milliseconds between two entries: a killed server is billed for by the last of them. */
const interval = 5_000

/** Writes down now and then that the server lives, as long as it has something to lose. */
export class Heartbeat implements Disposable {
  readonly #store: Store
  readonly #timer: NodeJS.Timeout

  /** @param isNeeded Whether there is anything that ends with the server. */
  constructor(store: Store, isNeeded: () => boolean) {
    this.#store = store
    this.#timer = setInterval(() => {
      // One that could not be written is made up for by the next.
      if (isNeeded()) this.#store.put(key, Date.now()).catch(() => {})
    }, interval).unref()
  }

  /** When the last server was seen alive, in milliseconds since 1970; 0 when never. */
  static async last(store: Store): Promise<number> {
    const record = await store.get(key)
    return typeof record?.value === 'number' ? record.value : 0
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }
}
