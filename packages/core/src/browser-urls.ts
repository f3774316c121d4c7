/** The capability URLs of a session, as an answer holds them. */
export interface BrowserUrlFields {
  cdpUrl?: string
  liveViewUrl?: string
  interactiveLiveViewUrl?: string
}

/**
 * URLs that are secrets: whoever has one may use the browser. They can be
 * read, but are not shown when the object is printed, spread or turned into JSON.
 */
export class BrowserUrls {
  static {
    // Node and Bun can be told to print getters too.
    Object.assign(this.prototype, {
      [Symbol.for('nodejs.util.inspect.custom')](this: object) {
        return { ...this }
      },
    })
  }
  readonly #fields: BrowserUrlFields

  constructor(fields: BrowserUrlFields) {
    this.#fields = fields
  }

  /** For CDP clients, such as Playwright's `connectOverCDP`. Empty when the answer has none. */
  get cdpUrl(): string {
    return this.#fields.cdpUrl ?? ''
  }

  /** A page that shows the browser. Empty when the answer has none. */
  get liveViewUrl(): string {
    return this.#fields.liveViewUrl ?? ''
  }

  /** A page that shows the browser and lets a person use it. Empty when the answer has none. */
  get interactiveLiveViewUrl(): string {
    return this.#fields.interactiveLiveViewUrl ?? ''
  }
}
