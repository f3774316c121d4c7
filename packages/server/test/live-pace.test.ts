import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { LiveClient } from './support/live-client.ts'
import { LivePage, launchViewer } from './support/live-page.ts'
import { SlowRelay } from './support/slow-relay.ts'
import { TestServer } from './support/test-server.ts'

let server: TestServer
let browser: Browser

beforeAll(async () => {
  ;[server, browser] = await Promise.all([TestServer.start(), launchViewer()])
})

afterAll(async () => {
  await browser.close()
  await server.close()
})

/**
 * A page whose pictures are some tens of kilobytes, since no two pixels of a part of it are alike, and
 * that does not stand still.
 */
const heavy = `await page.setContent('<body style="margin:0"><h1></h1><canvas width="240" height="240"></canvas>')
  await page.evaluate(() => {
    const context = document.querySelector('canvas').getContext('2d')
    const image = context.createImageData(240, 240)
    for (let at = 0; at < image.data.length; at += 1) image.data[at] = at % 4 === 3 ? 255 : Math.random() * 256
    context.putImageData(image, 0, 0)
    setInterval(() => { document.querySelector('h1').textContent = performance.now() }, 20)
  })`

/** Of the slow one; the first ones come before it is known to be slow. */
const pictures = 10
const settled = 5

test('of ten people one has a line of 200 kbit/s: he sees less, nothing old, and nobody else notices', async () => {
  const session = await server.createSession()
  const path = `/v2/interact/${session.id}`
  await server.api('POST', `${path}/execute`, { code: heavy })
  await using relay = await SlowRelay.start(server.url, 200_000)
  const quick = await Promise.all(
    Array.from({ length: 9 }, () => LiveClient.open(session.liveViewUrl)),
  )
  await Promise.all(quick.map((viewer) => viewer.frameAfter(0)))
  const slow = await LiveClient.open(relay.address(session.liveViewUrl))
  try {
    const before = quick.map((viewer) => viewer.frames.length)
    // What the others had seen when each of his pictures came.
    const newest: number[] = []
    slow.onFrame = () =>
      newest.push(Math.max(...quick.map((viewer) => viewer.frames.at(-1)?.sequence ?? 0)))
    let waiting = 0
    while (slow.frames.length < pictures) {
      await slow.frameAfter(slow.frames.length)
      const { screencasts, liveViewers, liveWaitingBytes } = await server.counters()
      expect(liveViewers).toBe(10)
      // One, and for him a second one of lower quality; never one for each.
      expect(screencasts).toBeLessThanOrEqual(2)
      waiting = Math.max(waiting, Number(liveWaitingBytes))
    }

    const seen = quick.map((viewer, index) => viewer.frames.length - (before[index] ?? 0))
    expect(Math.min(...seen)).toBeGreaterThan(2 * pictures)
    // Nobody of the nine waits for another.
    expect(Math.min(...seen)).toBeGreaterThan(0.7 * Math.max(...seen))
    const sequences = slow.frames.map(({ sequence }) => sequence)
    expect(sequences).toEqual(sequences.toSorted((a, b) => a - b))
    // Two may be on their way; each is newer than all that anybody had when it was let go.
    for (let index = settled; index < pictures; index += 1) {
      expect(sequences[index]).toBeGreaterThan(newest[index - 2] ?? Infinity)
    }
    // His pictures became smaller, and no more than two of them ever wait with the server.
    const sizes = slow.frames.map(({ image }) => image.length)
    expect(sizes.at(-1)).toBeLessThan((sizes[0] ?? 0) / 2)
    expect(waiting).toBeLessThan(2 * Math.max(...sizes) + 64 * 1024)
    // The session does what it is for meanwhile.
    const run = await server.api('POST', `${path}/execute`, { code: '6 * 7' })
    expect(run.body).toMatchObject({ result: '42' })
  } finally {
    await Promise.all([...quick, slow].map((viewer) => viewer.close()))
  }
  await expect
    .poll(() => server.counters())
    .toMatchObject({ liveViewers: 0, screencasts: 0, liveWaitingBytes: 0, liveTickets: 0 })
}, 60_000)

test('a line on which a picture takes longer than a silence may last shows pictures all the same', async () => {
  const session = await server.createSession()
  await server.api('POST', `/v2/interact/${session.id}/execute`, { code: heavy })
  // More than six seconds for the first one.
  await using relay = await SlowRelay.start(server.url, 56_000)
  await using live = await LivePage.open(browser, 'about:blank')
  await live.page.addInitScript(`document.addEventListener('DOMContentLoaded', () => {
    const stage = document.getElementById('stage')
    document.states = []
    new MutationObserver(() => document.states.push(stage.dataset.state)).observe(stage, { attributeFilter: ['data-state'] })
  })`)
  await live.page.goto(relay.address(session.liveViewUrl), { timeout: 30_000 })
  await live.until('live')
  const taken = `document.querySelector('canvas').dataset.capturedAt`
  const first = await live.page.evaluate(taken)
  await expect.poll(() => live.page.evaluate(taken), { timeout: 15_000 }).not.toBe(first)
  expect(await live.page.evaluate('document.states.join()')).not.toContain('reconnecting')
}, 60_000)

test('a line that is cut, and one that falls silent, are left for another, with the page as it is now', async () => {
  const session = await server.createSession()
  const show = (color: string) =>
    server.api('POST', `/v2/interact/${session.id}/execute`, {
      code: `await page.setContent('<body style="background: ${color}">')`,
    })
  await show('rgb(200, 0, 0)')
  await using relay = await SlowRelay.start(server.url, 100_000_000)
  await using live = await LivePage.open(browser, 'about:blank')
  await live.page.clock.install()
  await live.page.goto(relay.address(session.liveViewUrl))
  await live.until('live')
  await live.page.evaluate(`(() => {
    const stage = document.getElementById('stage')
    document.states = []
    const note = () => document.states.push(stage.dataset.state)
    new MutationObserver(note).observe(stage, { attributeFilter: ['data-state'] })
  })()`)
  const states = () => live.page.evaluate<string[]>('document.states')
  relay.cut()
  await expect.poll(states).toContain('reconnecting')
  await show('rgb(0, 0, 200)')
  await live.untilColor(600, 300, [0, 0, 200])
  expect(await states()).toContain('live')

  const before = (await states()).length
  relay.freeze()
  await show('rgb(200, 0, 0)')
  // It asks whether it is heard, and nobody answers.
  await live.page.clock.runFor(3_500)
  await live.page.clock.runFor(6_500)
  await expect.poll(async () => (await states()).slice(before)).toContain('reconnecting')
  await live.untilColor(600, 300, [200, 0, 0])
})
