import { once } from 'node:events'
import { type Server, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Page } from 'playwright-core'

const serviceWorker = `
oninstall = (event) => {
  event.waitUntil(caches.open('kept').then((cache) => cache.put('/cached', new Response('cached'))))
  skipWaiting()
}
onactivate = (event) => event.waitUntil(clients.claim())
onfetch = (event) => {
  if (new URL(event.request.url).pathname === '/cached') event.respondWith(caches.match('/cached'))
}`

/** Stores something in every way that a page can. */
const remember = `
localStorage.setItem('local', value)
document.cookie = 'persistent=' + value + '; max-age=86400'
const opened = indexedDB.open('database', 1)
opened.onupgradeneeded = () => opened.result.createObjectStore('store')
await new Promise((resolve, reject) => { opened.onsuccess = resolve; opened.onerror = reject })
const key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt'])
const change = opened.result.transaction('store', 'readwrite', { durability: 'strict' })
change.objectStore('store').put(new Blob([value]), 'blob')
change.objectStore('store').put(key, 'key')
await new Promise((resolve, reject) => { change.oncomplete = resolve; change.onerror = reject })
const folder = await navigator.storage.getDirectory()
const writable = await (await folder.getFileHandle('file', { create: true })).createWritable()
await writable.write(value)
await writable.close()
await navigator.serviceWorker.register('/worker.js')
await navigator.serviceWorker.ready`

/** Reads all of it. */
const recall = `
const cookies = new Map(document.cookie.split('; ').map((cookie) => cookie.split('=')))
const opened = indexedDB.open('database', 1)
opened.onupgradeneeded = () => opened.result.createObjectStore('store')
await new Promise((resolve, reject) => { opened.onsuccess = resolve; opened.onerror = reject })
const get = (name) => new Promise((resolve, reject) => {
  const request = opened.result.transaction('store').objectStore('store').get(name)
  request.onsuccess = () => resolve(request.result)
  request.onerror = reject
})
const folder = await navigator.storage.getDirectory()
const file = await folder.getFileHandle('file').catch(() => undefined)
const controlled = (await navigator.serviceWorker.getRegistration()) !== undefined
return {
  local: localStorage.getItem('local'),
  persistent: cookies.get('persistent') ?? null,
  blob: (await (await get('blob'))?.text()) ?? null,
  key: (await get('key'))?.extractable ?? null,
  file: (await (await file?.getFile())?.text()) ?? null,
  cached: controlled ? await (await fetch('/cached')).text() : null,
}`

/** What a page finds of what was stored; null where there is nothing. */
export interface Memory {
  local: string | null
  persistent: string | null
  blob: string | null
  /** Whether a key that cannot be exported can be exported. */
  key: boolean | null
  file: string | null
  cached: string | null
}

/** A site with a sign-in, whose pages store things in the browser. */
export class MemorySite implements AsyncDisposable {
  readonly url: string
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
    this.url = `http://localhost:${(server.address() as AddressInfo).port}`
    server.on('request', (request, response) => {
      const session = /session=(\w+)/.exec(request.headers.cookie ?? '')?.[1]
      if (request.url === '/worker.js') {
        response.setHeader('content-type', 'text/javascript')
        response.end(serviceWorker)
        return
      }
      response.setHeader('content-type', 'text/html')
      const [, name] = /^\/sign-in\?(\w+)$/.exec(request.url ?? '') ?? []
      // Of the session: without a date, it is gone with the browser unless somebody keeps it.
      if (name !== undefined) response.setHeader('set-cookie', `session=${name}; HttpOnly; Path=/`)
      response.end(`<title>${name ?? session ?? 'nobody'}</title><h1>Who is there</h1>`)
    })
  }

  static async start(): Promise<MemorySite> {
    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new MemorySite(server)
  }

  /** Signs in, and stores the same name in every way there is. */
  async signIn(page: Page, name: string): Promise<void> {
    await page.goto(`${this.url}/sign-in?${name}`)
    await page.evaluate(`(async (value) => {${remember}})(${JSON.stringify(name)})`)
  }

  /** Who the site takes the browser for. */
  async whoIsThere(page: Page): Promise<string> {
    await page.goto(this.url)
    return page.title()
  }

  /** What a page of the site finds in the browser. */
  async recall(page: Page): Promise<Memory> {
    await page.goto(this.url)
    return page.evaluate(`(async () => {${recall}})()`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}
