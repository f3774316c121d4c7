import { createRequire } from 'node:module'
import { canonicalHost } from './target.ts'

/** Kinds of third parties that pages do without: banners, trackers, requests for consent. */
const categories = new Set(['ad', 'analytics', 'consent-provider'])

/**
 * What is listed under one of those kinds because its owner sells advertising or measures visitors,
 * and is all the same what people visit, or what pages cannot do without: portals, shops, videos,
 * log-ins, forms, comments, reviews, shortened links.
 */
const spared = new Set(
  `01net.com amazon.com answcdn.com answers.com aol.com aol.net aolcdn.com apester.com app.link
  apple.com aweber.com bazaarvoice.com bbb.org bestofmedia.com bing.com bizrate.com
  blogsmithmedia.com branch.io clerk.io confirmit.com customer.io de.com dyn-img.com easypolls.net
  ebay.com ebayimg.com ekmsecure.com ekomi.com ekomi.de feefo.com fivetran.com flixcar.com
  flixfacts.co.uk flixfacts.com flixsyndication.net flockler.com force.com geni.us getresponse.com
  gigya.com guardian.co.uk hootsuite.com hotukdeals.com ibmcloud.com imageg.net infusionsoft.com
  janrain.com jsonip.com jwpcdn.com jwplatform.com jwplayer.com jwpsrv.com klaviyo.com licdn.com
  line-scdn.net line.me loginradius.com lrcontent.com marketo.com microsoft.com msecnd.net msn.com
  myunidays.com net.net net.pl o2.pl oath.com okta.com oneall.com onet.pl ooyala.com
  opinionstage.com poll.fm polldaddy.com powerreviews.com purch.com qmerce.com qualtrics.com
  questionpro.com quora.com qzzr.com rbl.ms rebelmouse.com reevoo.com reviews.co.uk reviews.io
  rpxnow.com s-msft.com s-msn.com salesforce.com sas.com sc-static.net scribblelive.com
  searchanise.com sidereel.com snapchat.com sodahead.com spiceworks.com stamped.io
  static.polldaddy.com surveygizmo.eu surveymonkey.com theguardian.com trustpilot.com ubembed.com
  unbounce.com unidays.world viafoura.co viafoura.net vouchedfor.co.uk wayfair.com websta.me
  wowcher.co.uk wp.pl www.linkedin.com yahoo.com yahoo.net yahooapis.com yimg.com zenfs.com
  zoover.co.uk zoover.nl`.split(/\s+/),
)

let loading: Promise<AdvertisingHosts> | undefined

/**
 * Hosts of advertising, of trackers and of cookie banners, by who runs them. From a list that the
 * HTTP Archive's figures keep up to date, as a package: nothing is fetched.
 */
export class AdvertisingHosts {
  /** The owner of each domain, which stands for what lies under it, too. */
  readonly #owners: ReadonlyMap<string, string>

  private constructor(owners: ReadonlyMap<string, string>) {
    this.#owners = owners
  }

  /** Reads the list once, when somebody wants it. */
  static load(): Promise<AdvertisingHosts> {
    loading ??= read()
    return loading

    async function read(): Promise<AdvertisingHosts> {
      // It is CommonJS that makes its exports as it runs: imported, only its default is there.
      const require = createRequire(import.meta.url)
      const { entities } =
        require('third-party-web/nostats-subset.js') as typeof import('third-party-web/nostats-subset.js')
      const listed = entities.filter(({ category }) => categories.has(category))
      const owners = listed.flatMap(({ name, domains }) =>
        domains.map((domain): [string, string] => [domain.replace(/^\*\./, ''), name]),
      )
      return new AdvertisingHosts(new Map(owners.filter(([domain]) => !spared.has(domain))))
    }
  }

  /** Who runs a host that is listed, or lies under one that is. */
  ownerOf(host: string): string | undefined {
    for (let name = host; name.includes('.'); name = name.slice(name.indexOf('.') + 1)) {
      const owner = this.#owners.get(name)
      if (owner !== undefined) return owner
    }
    return undefined
  }

  /** Who runs the host of an address, if it is one of these. */
  ownerOfAddress(address: string): string | undefined {
    const host = URL.canParse(address) ? canonicalHost(new URL(address).hostname) : undefined
    return host && this.ownerOf(host.host)
  }
}
