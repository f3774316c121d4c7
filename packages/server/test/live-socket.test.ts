import type { CreateSessionResponse } from '@tandem-browser/core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { LiveClient } from './support/live-client.ts'
import { LocalSite } from './support/local-site.ts'
import { TestServer } from './support/test-server.ts'

let server: TestServer
let site: LocalSite
let session: CreateSessionResponse
let viewers: LiveClient[]

beforeAll(async () => {
  ;[server, site] = await Promise.all([TestServer.start(), LocalSite.start()])
})

afterAll(async () => {
  await server.close()
  await site.close()
})

// The tests share a session, but for those that end it.
beforeEach(async () => {
  viewers = []
  const { status } = session
    ? await server.api('POST', `/v2/interact/${session.id}/control`, { action: 'hand_back' })
    : { status: 404 }
  if (status !== 200) session = await server.createSession()
})

afterEach(async () => {
  await Promise.all(viewers.map((viewer) => viewer.close()))
})

async function open(url = session.liveViewUrl): Promise<LiveClient> {
  const client = await LiveClient.open(url)
  viewers.push(client)
  return client
}

const execute = (code: string) => server.api('POST', `/v2/interact/${session.id}/execute`, { code })

/** A page that changes for as long as it is open. */
const moving = `await page.setContent('<h1></h1>')
  await page.evaluate(() => { setInterval(() => { document.querySelector('h1').textContent = performance.now() }, 20) })`

test('the page of a live view may be framed anywhere, sends no referrer, and holds no secret', async () => {
  const { origin, pathname, hash } = new URL(session.liveViewUrl)
  const response = await fetch(origin + pathname)
  expect(response.status).toBe(200)
  expect(response.headers.get('content-security-policy')).toContain('frame-ancestors *')
  expect(response.headers.get('x-frame-options')).toBeNull()
  expect(response.headers.get('referrer-policy')).toBe('no-referrer')
  expect(await response.text()).not.toContain(hash.slice(1))
})

test('everything that the page loads is small, is asked for at once, and is kept by browsers', async () => {
  const { origin, pathname } = new URL(session.liveViewUrl)
  const read = async (path: string) => {
    const response = await fetch(new URL(path, origin + pathname))
    expect([path, response.status]).toEqual([path, 200])
    const { headers } = response
    return { text: await response.text(), bytes: Number(headers.get('content-length')), headers }
  }
  const html = await read(pathname)
  expect(html.headers.get('cache-control')).toBe('no-cache')
  const named = [...html.text.matchAll(/(?:href|src)="(page\/[^"]+)"/g)].map(([, path]) => path)
  const files = await Promise.all([...new Set(named)].map((path) => read(path as string)))
  for (const { headers, text } of files) {
    expect(headers.get('cache-control')).toContain('immutable')
    // What a module names the page has named before.
    for (const [, inner] of text.matchAll(/from '\.\/([^']+)'/g)) {
      expect(named.some((path) => path?.endsWith(`/${inner}`))).toBe(true)
    }
  }
  expect([html, ...files].map(({ headers }) => headers.get('content-encoding'))).toEqual(
    Array.from({ length: files.length + 1 }, () => 'gzip'),
  )
  expect([html, ...files].reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(60_000)
  // Of another version, as a page has it that was loaded before the server was changed.
  const [path = ''] = named
  const other = await read(path.replace(/page\/[^/]+/, 'page/another'))
  expect(other.headers.get('cache-control')).toBe('no-store')
})

test('a ticket is for the token of that session, and for one connection', async () => {
  const other = await server.createSession()
  const mixed = `${session.liveViewUrl.split('#')[0]}#${other.liveViewUrl.split('#')[1]}`
  expect((await LiveClient.ticket(mixed)).status).toBe(401)
  const cdpToken = new URL(session.cdpUrl).searchParams.get('token')
  const asCdp = `${session.liveViewUrl.split('#')[0]}#${cdpToken}`
  expect((await LiveClient.ticket(asCdp)).status).toBe(401)

  const { body } = await LiveClient.ticket(session.liveViewUrl)
  expect(body).toMatchObject({ success: true, interactive: false })
  const ticket = String(body['ticket'])
  await expect(LiveClient.connect(other.liveViewUrl, ticket)).rejects.toThrow('401')
  viewers.push(await LiveClient.connect(session.liveViewUrl, ticket))
  await expect(LiveClient.connect(session.liveViewUrl, ticket)).rejects.toThrow('401')
  await server.api('DELETE', `/v2/interact/${other.id}`)
  expect(await LiveClient.ticket(other.liveViewUrl)).toMatchObject({
    status: 410,
    body: { details: { endReason: 'released' } },
  })
})

test('a session without a live view has no address of one', async () => {
  const quiet = await server.createSession({ streamWebView: false })
  expect(quiet).toMatchObject({ liveViewUrl: '', interactiveLiveViewUrl: '' })
  await server.api('DELETE', `/v2/interact/${quiet.id}`)
})

test('who may only look has no hand on the page', async () => {
  await execute(`await page.goto('${site.url}/counter')`)
  const viewer = await open()
  expect(await viewer.until('hello')).not.toHaveProperty('uploadToken')
  await viewer.frameAfter(0)
  const press = { type: 'mouse', x: 30, y: 18, button: 'left', buttons: 1, clicks: 1, modifiers: 0 }
  viewer.send({ ...press, action: 'down' })
  viewer.send({ ...press, action: 'up' })
  for (const message of [
    { type: 'text', text: 'typed' },
    { type: 'navigate', url: site.url },
    { type: 'takeOver', force: true },
    { type: 'newTab' },
  ]) {
    viewer.send(message)
  }
  viewer.send({ type: 'echo', value: 7 })
  await viewer.until('echo')
  expect(viewer.news.filter(({ type }) => type === 'problem')).toHaveLength(6)
  const { body } = await execute(
    `[page.url(), await page.textContent('output'), context.pages().length].join(' ')`,
  )
  expect(body['result']).toBe(`${site.url}/counter 0 1`)
  const { origin, pathname } = new URL(session.liveViewUrl)
  const upload = await fetch(`${origin}${pathname}/files?name=a.txt`, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream', 'x-upload-token': 'guess' },
    body: 'text',
  })
  expect(upload.status).toBe(401)
})

test('a page that stands still is shown at once to everybody who comes, and costs nothing more', async () => {
  await execute(`await page.goto('${site.url}/counter')`)
  const first = await open()
  await first.frameAfter(0)
  const second = await open()
  const frame = await second.frameAfter(0)
  expect(frame.image.subarray(0, 2).toString('hex')).toBe('ffd8')
  expect([frame.width, frame.height]).toEqual([1280, 720])
  // What changes is the next thing that both see.
  const before = [first.frames.length, second.frames.length] as const
  expect(before[0]).toBeLessThanOrEqual(3)
  await execute(`await page.click('button')`)
  await Promise.all([first.frameAfter(before[0]), second.frameAfter(before[1])])
})

test('who does not keep up sees fewer pictures, none that is old, and holds nobody up', async () => {
  await execute(moving)
  const [slow, quick] = await Promise.all([open(), open()])
  await slow.frameAfter(1)
  slow.sees = false
  // Two that it has not seen.
  await slow.frameAfter(slow.frames.length + 1)
  const [held, count] = [slow.frames.length, quick.frames.length]
  await quick.frameAfter(count + 10)
  // No more than it may have unseen.
  expect(slow.frames.length).toBe(held)
  slow.sees = true
  slow.see()
  const fresh = await slow.frameAfter(held)
  const newest = quick.frames.at(-1)
  expect(fresh.sequence).toBeGreaterThan((quick.frames[count + 5]?.sequence ?? Infinity) - 1)
  expect(fresh.capturedAt).toBeGreaterThan((newest?.capturedAt ?? 0) - 1_000)
})

test('the last state of a page that came to rest is shown, also when nobody was ready for it', async () => {
  const viewer = await open()
  viewer.sees = false
  await execute(`await page.setContent('<body style="margin:0;background:#f00">')
    for (const red of [10, 40, 80, 120, 160]) {
      await page.evaluate((red) => new Promise((done) => {
        document.body.style.background = 'rgb(' + red + ',0,0)'
        requestAnimationFrame(() => requestAnimationFrame(done))
      }), red)
    }
    await page.evaluate(() => { document.body.style.background = 'rgb(0,0,255)' })`)
  viewer.sees = true
  viewer.see()
  const seen = viewer.frames.length
  await viewer.frameAfter(seen)
  // What is behind it shows in the page of the viewer; here it is that a newer picture came at all.
  expect(viewer.frames.length).toBeGreaterThan(seen)
})

test('the view follows the tab that is worked on', async () => {
  const viewer = await open()
  await execute(`await page.goto('${site.url}/form')`)
  await viewer.until('page', ({ title }) => title === 'Form')
  await execute(`const [tab] = await Promise.all([context.waitForEvent('page'), page.click('text=New tab')])
    await tab.waitForLoadState()`)
  await viewer.until('page', ({ url }) => url === `${site.url}/tab`)
  await execute(`await page.bringToFront()`)
  await viewer.until('page', ({ url }) => url === `${site.url}/form`)
  await execute(`await page.close()`)
  await viewer.until('page', ({ url }) => url === `${site.url}/tab`)
  await execute(`page = context.pages()[0]`)
})

test('the last tab that is closed under a viewer is said to be gone, and the next one is shown', async () => {
  const viewer = await open()
  await viewer.frameAfter(0)
  await execute(`for (const each of context.pages()) await each.close()`)
  await viewer.until('state', ({ state }) => state === 'no_page')
  await execute(`page = await context.newPage(); await page.goto('${site.url}/form')`)
  await viewer.until('page', ({ title }) => title === 'Form')
  await viewer.until('state', ({ state }) => state === 'live')
})

test('pages of contexts that a client made are shown as well', async () => {
  const viewer = await open()
  await execute(`await page.goto('about:blank')`)
  await execute(`globalThis.own = await browser.newContext()
    const inside = await own.newPage()
    await inside.goto('${site.url}/next')`)
  await viewer.until('page', ({ url }) => url === `${site.url}/next`)
  await execute(`await own.close()`)
  await viewer.until('page', ({ url }) => url === 'about:blank')
})

test('a page that crashes is said to have, and is shown again when it is loaded', async () => {
  await execute(`await page.goto('${site.url}/counter')`)
  const hand = await open(session.interactiveLiveViewUrl)
  await hand.frameAfter(0)
  hand.send({ type: 'navigate', url: 'chrome://crash' })
  expect(await hand.until('problem')).toMatchObject({ message: expect.stringContaining('http') })
  await execute(
    `await page.evaluate(() => { const kept = []; for (;;) kept.push(new Array(1e7).fill(1.5)) }).catch(() => {})`,
  )
  await hand.until('state', ({ state }) => state === 'crashed')
  const frames = hand.frames.length
  hand.send({ type: 'reload' })
  await hand.until('state', ({ state }) => state === 'live')
  await hand.frameAfter(frames)
}, 60_000)

test('viewers are told why it is over, and nobody comes in any more', async () => {
  const viewer = await open()
  await viewer.until('hello')
  const { body } = await LiveClient.ticket(session.liveViewUrl)
  await server.api('DELETE', `/v2/interact/${session.id}`)
  expect(await viewer.until('ended')).toMatchObject({ endReason: 'released' })
  expect(await viewer.closed).toMatchObject({ code: 1000 })
  await expect(LiveClient.connect(session.liveViewUrl, String(body['ticket']))).rejects.toThrow(
    '410',
  )
})

test('watching is no activity, a hand on the page is', async () => {
  const lastActivity = async (): Promise<string> => {
    const { body } = await server.api('GET', `/v2/interact/${session.id}`)
    return String(body['lastActivity'])
  }
  const before = await lastActivity()
  const viewer = await open()
  await viewer.frameAfter(0)
  expect(await lastActivity()).toBe(before)
  const hand = await open(session.interactiveLiveViewUrl)
  await hand.until('page')
  hand.send({ type: 'text', text: 'a' })
  hand.send({ type: 'echo', value: 1 })
  await hand.until('echo')
  expect(await lastActivity()).not.toBe(before)
})

test('no more than twenty look at the same time', async () => {
  await Promise.all(Array.from({ length: 20 }, () => open()))
  const { body } = await LiveClient.ticket(session.liveViewUrl)
  const late = await LiveClient.connect(session.liveViewUrl, String(body['ticket']))
  expect(await late.closed).toMatchObject({ code: 1013 })
})

test('a file is brought once under each name, and nothing is written past the folder', async () => {
  const hand = await open(session.interactiveLiveViewUrl)
  const { uploadToken } = (await hand.until('hello')) as unknown as { uploadToken: string }
  const { origin, pathname } = new URL(session.interactiveLiveViewUrl)
  const bring = async (name: string, body: string) => {
    const response = await fetch(`${origin}${pathname}/files?name=${encodeURIComponent(name)}`, {
      method: 'POST',
      headers: { 'content-type': 'application/octet-stream', 'x-upload-token': uploadToken },
      body,
    })
    return [response.status, await response.json()] as const
  }
  expect(await bring('a.txt', 'one')).toEqual([200, { success: true, name: 'a.txt' }])
  expect(await bring('a.txt', 'two')).toEqual([200, { success: true, name: 'a (2).txt' }])
  for (const name of ['../a', '..', 'a/b', 'a\0b', ''])
    expect((await bring(name, 'x'))[0]).toBe(400)
  const read = `const fs = require('node:fs')
    JSON.stringify([fs.readFileSync('uploads/a.txt', 'utf8'), fs.readFileSync('uploads/a (2).txt', 'utf8')])`
  expect((await execute(read)).body['result']).toBe('["one","two"]')
  await execute(`const disk = require('node:fs'); disk.rmSync('uploads', { recursive: true })
    disk.symlinkSync('/tmp', 'uploads')`)
  expect(await bring('b.txt', 'three')).toMatchObject([
    400,
    { error: expect.stringContaining('no folder') },
  ])
})
