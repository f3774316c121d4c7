import type { IncomingHttpHeaders } from 'node:http'
import type { Page } from 'playwright-core'
import { PageServer } from '../page-server.ts'

/** What a realm sees of the machine, by the realm's name. */
type Views = Record<string, Record<string, unknown>>

/** The realms that a page of `LookingSite` looks from. */
const realms = ['page', 'frame', 'foreign frame', 'srcdoc', 'worker', 'shared', 'service']

/** Runs in every realm. What is seen first is what the realm began with. */
const look = `const seen = () =>
  [navigator.languages.join(), navigator.userAgent, (1.5).toLocaleString(), new Date(0).toString()].join()
const first = seen()
async function look(realm) {
  const isWindow = typeof document !== 'undefined'
  return {
    realm,
    changed: first !== seen(),
    language: navigator.language,
    languages: navigator.languages.join(),
    userAgent: navigator.userAgent,
    brands: JSON.stringify(navigator.userAgentData?.brands),
    detailed: JSON.stringify(
      await navigator.userAgentData?.getHighEntropyValues(['platformVersion', 'model', 'fullVersionList']),
    ),
    format: JSON.stringify(Intl.DateTimeFormat().resolvedOptions()),
    number: (1234.5).toLocaleString(),
    date: new Date(0).toString(),
    ...(isWindow && {
      screen: [screen.width, screen.height, screen.availWidth, screen.availHeight, screen.orientation.type].join(),
      pixels: devicePixelRatio,
      touch: [navigator.maxTouchPoints, 'ontouchstart' in self, matchMedia('(pointer: coarse)').matches].join(),
    }),
    ...(isWindow && parent === self && { window: [innerWidth, innerHeight].join(), resized: self.resized }),
  }
}`

const frame = `<!doctype html><script>${look}
look(new URLSearchParams(location.search).get('realm') ?? 'srcdoc').then((view) => parent.postMessage(view, '*'))
</script>`

const worker = `${look}
onconnect = async ({ ports }) => ports[0].postMessage(await look('shared'))
onmessage = async ({ source, data }) => (source ?? self).postMessage(await look(data))`

const page = `<!doctype html><meta name="viewport" content="width=device-width"><script>${look}
self.resized = 0
addEventListener('resize', () => (self.resized += 1))
async function lookEverywhere(foreignOrigin) {
  const views = {}
  const done = Promise.withResolvers()
  const add = ({ realm, ...view }) => {
    views[realm] = view
    if (Object.keys(views).length === ${realms.length}) done.resolve()
  }
  add(await look('page'))
  addEventListener('message', ({ data }) => add(data))
  for (const attributes of [
    { src: '/frame?realm=frame' },
    { src: foreignOrigin + '/frame?realm=foreign frame' },
    { srcdoc: ${JSON.stringify(frame).replaceAll('</', '<\\/')} },
  ]) document.body.append(Object.assign(document.createElement('iframe'), attributes))
  const dedicated = new Worker('/worker.js')
  dedicated.onmessage = ({ data }) => add(data)
  dedicated.postMessage('worker')
  new SharedWorker('/worker.js').port.onmessage = ({ data }) => add(data)
  navigator.serviceWorker.onmessage = ({ data }) => add(data)
  await navigator.serviceWorker.register('/worker.js')
  const { active } = await navigator.serviceWorker.ready
  active.postMessage('service')
  await done.promise
  return views
}
</script><body></body>`

/** The page that looks by itself, and at once; what it has seen is in it then. */
const lookingPage = (foreignOrigin: string): string => `${page}<script>
lookEverywhere(${JSON.stringify(foreignOrigin)}).then((views) =>
  document.body.append(Object.assign(document.createElement('pre'), { id: 'views', textContent: JSON.stringify(views) })),
)
</script>`

/** A site whose pages tell what they see, from every kind of realm. */
export class LookingSite implements AsyncDisposable {
  readonly url: string
  /** Another site, in processes of its own. */
  readonly foreignUrl: string
  /** Headers of the requests for pages, frames and workers. */
  readonly requests: IncomingHttpHeaders[] = []
  readonly #server: PageServer

  private constructor(server: PageServer) {
    this.#server = server
    this.url = server.url
    this.foreignUrl = server.url.replace('127.0.0.1', 'localhost')
    for (const [path, body, type] of [
      ['/', page, 'text/html'],
      ['/looking', lookingPage(this.foreignUrl), 'text/html'],
      ['/frame', frame, 'text/html'],
      ['/worker.js', worker, 'text/javascript'],
    ] as const) {
      server.serve(path, (request, response) => {
        this.requests.push(request.headers)
        response.writeHead(200, { 'content-type': type }).end(body)
      })
    }
  }

  static async start(): Promise<LookingSite> {
    return new LookingSite(await PageServer.start())
  }

  /** Where the page is that shows what it sees, from all of its realms, in `#views`. */
  get lookingUrl(): string {
    return `${this.url}/looking`
  }

  /** Opens the site's page and gives what it sees from all of its realms. */
  async viewsOf(tab: Page): Promise<Views> {
    await tab.goto(this.url)
    return this.viewsFrom(tab)
  }

  /** The same for a page of it that is open. */
  viewsFrom(tab: Page): Promise<Views> {
    return tab.evaluate(`lookEverywhere(${JSON.stringify(this.foreignUrl)})`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.close()
  }
}
