import type { Emulation } from '../browser/emulation.ts'
import type { Session } from '../sessions/session.ts'
import { mainTimeZone } from './main-time-zones.ts'
import { ScrapeError } from './scrape-error.ts'

/** Who a page is to take its visitor for. */
export interface Visitor {
  mobile?: boolean | undefined
  location?:
    | {
        country?: string | undefined
        languages?: string[] | undefined
        timezone?: string | undefined
      }
    | undefined
  skipTlsVerification?: boolean | undefined
}

/** Has the pages of a session take its visitor for that one. To be called before they load anything. */
export async function appearAs(session: Session, visitor: Visitor): Promise<void> {
  const emulation: Emulation = {
    ...(visitor.mobile === true ? telephone(session.browser.version.product) : {}),
    ...placeOf(visitor.location ?? {}),
    ...(visitor.skipTlsVerification === true ? { anyCertificate: true } : {}),
  }
  if (Object.keys(emulation).length === 0) return
  try {
    await session.emulate(emulation)
  } catch (cause) {
    throw new ScrapeError('SCRAPE_BROWSER_GONE', 'The browser ended, or does not answer.', {
      cause,
    })
  }
}

/** @param product Such as `HeadlessChrome/150.0.1.2`. */
function telephone(product: string): Emulation {
  const [, version = '0.0.0.0', major = '0'] = /\/((\d+)[\d.]*)/.exec(product) ?? []
  const brand = (name: string, number: string) => ({ brand: name, version: number })
  return {
    viewport: { width: 412, height: 915, scale: 2.625, mobile: true },
    userAgent: {
      // What Chrome tells of every telephone.
      text:
        'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) ' +
        `Chrome/${major}.0.0.0 Mobile Safari/537.36`,
      metadata: {
        ...{ platform: 'Android', platformVersion: '10.0.0', architecture: '', model: 'K' },
        mobile: true,
        brands: [brand('Chromium', major), brand('Not_A Brand', '8')],
        fullVersionList: [brand('Chromium', version), brand('Not_A Brand', '8.0.0.0')],
      },
    },
  }
}

function placeOf({ country, languages, ...named }: NonNullable<Visitor['location']>): Emulation {
  const region = country?.toUpperCase()
  const timezone = named.timezone
    ? spelled(named.timezone)
    : region === undefined
      ? undefined
      : mainTimeZone(region)
  const spoken = languages ?? (region === undefined ? undefined : languagesOf(region))
  return { ...(timezone ? { timezone } : {}), ...(spoken ? { languages: spoken } : {}) }
}

/** A time zone as browsers write it. */
function spelled(timezone: string): string {
  return new Intl.DateTimeFormat('en', { timeZone: timezone }).resolvedOptions().timeZone
}

/** What is spoken most in a country, as its browsers ask for it: `de-AT`, `de`. */
function languagesOf(region: string): string[] {
  const { language } = new Intl.Locale(`und-${region}`).maximize()
  return [`${language}-${region}`, language]
}
