import type { Interaction, Tandem } from '@tandem-browser/core'
import type { Profiles } from '@tandem-browser/core/profiles'
import type { Connection } from '@tandem-browser/playwright-connect'
import type { Browser } from 'playwright-core'

/** What one step leaves for those after it. */
export interface HandedOver {
  /** The scrape that found the page. */
  scrapeId: string
  /** The last answer of the code that interacts with the page. */
  interaction: Interaction
  /** Playwright on the page. */
  connection: Connection
  /** The browser of a person who looks at the live view. */
  viewer: Browser
}

export interface TourOptions {
  tandem: Tandem
  profiles: Profiles
  pageUrl: string
  isShop: boolean
  outputFolder: string
  signal: AbortSignal
  /** Writes an address that is itself a secret, for the person who started the tour. */
  showSecret: (label: string, address: string) => void
}

/** What the steps share: the client, the page, and what they hand over to each other. */
export class Tour {
  readonly tandem: Tandem
  readonly profiles: Profiles
  /** The page that is driven. */
  readonly pageUrl: string
  /** Whether it is the shop of the tour, of which more is known than of any page. */
  readonly isShop: boolean
  /** Where a step may leave a file for people to look at. */
  readonly outputFolder: string
  /** Aborted when the tour is interrupted or a step takes too long. */
  readonly signal: AbortSignal
  /** Writes an address that is itself a secret, for the person who started the tour. */
  readonly showSecret: (label: string, address: string) => void
  readonly #handedOver: Partial<HandedOver> = {}

  constructor(options: TourOptions) {
    this.tandem = options.tandem
    this.profiles = options.profiles
    this.pageUrl = options.pageUrl
    this.isShop = options.isShop
    this.outputFolder = options.outputFolder
    this.signal = options.signal
    this.showSecret = options.showSecret
  }

  handOver<Name extends keyof HandedOver>(name: Name, value: HandedOver[Name]): void {
    this.#handedOver[name] = value
  }

  /** @throws Error when no step before has handed it over */
  given<Name extends keyof HandedOver>(name: Name): NonNullable<HandedOver[Name]> {
    const value = this.#handedOver[name]
    if (value === undefined) throw new Error(`No step before this one has handed over: ${name}.`)
    return value
  }

  /** Lets go of what the steps hold on this side; the session is the server's to end. */
  async close(): Promise<void> {
    await this.#handedOver.viewer?.close()
    await this.#handedOver.connection?.disconnect()
  }
}
