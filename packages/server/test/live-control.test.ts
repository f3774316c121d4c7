import type { CreateSessionResponse } from '@tandem-browser/core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { LiveClient } from './support/live-client.ts'
import { LocalSite } from './support/local-site.ts'
import { RawClient } from './support/raw-client.ts'
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

async function open(url = session.interactiveLiveViewUrl, viewer?: string): Promise<LiveClient> {
  const client = await LiveClient.open(url, viewer)
  viewers.push(client)
  return client
}

const control = (body: object) => server.api('POST', `/v2/interact/${session.id}/control`, body)

const execute = (code: string, timeout?: number) =>
  server.api('POST', `/v2/interact/${session.id}/execute`, {
    code,
    ...(timeout === undefined ? {} : { timeout }),
  })

/** Whether a promise has settled after everything that was under way has had its turn. */
async function isPending(promise: Promise<unknown>): Promise<boolean> {
  // An answer that need not wait for the person overtakes it.
  await server.api('GET', `/v2/interact/${session.id}/control`)
  return Promise.race([promise.then(() => false), Promise.resolve().then(() => true)])
}

test('executions wait while a person has the browser, and go on when it is handed back', async () => {
  const taken = await control({ action: 'take' })
  expect(taken).toMatchObject({ status: 200, body: { driver: 'human', mode: 'wait' } })
  const waiting = execute('1 + 1', 1)
  expect(await isPending(waiting)).toBe(true)
  const got = await server.api('GET', `/v2/interact/${session.id}/control`)
  expect(got.body).toEqual(taken.body)
  expect((await control({ action: 'hand_back' })).body).toEqual({ success: true, driver: 'agent' })
  expect((await waiting).body).toMatchObject({ result: '2', killed: false })
  // Nothing is left to hand back, and nothing wrong with it.
  expect((await control({ action: 'hand_back' })).status).toBe(200)
})

test('executions are refused when the person said so', async () => {
  await control({ action: 'take', mode: 'refuse' })
  const refused = await execute('1 + 1')
  expect(refused).toMatchObject({
    status: 409,
    body: { success: false, code: 'HUMAN_IN_CONTROL', error: expect.stringContaining('person') },
  })
  await control({ action: 'hand_back' })
  expect((await execute('1 + 1')).status).toBe(200)
})

test('what code and CDP clients do to the page is held; what they read is not', async () => {
  await execute(`await page.goto('${site.url}/counter')`)
  const client = await RawClient.connect(session.cdpUrl)
  const page = await client.attach()
  await control({ action: 'take' })
  const click = pressAt(client, page, 'mousePressed')
  // Behind the press, and so in its order.
  const later = client.evaluate('1', page)
  const other = await RawClient.connect(session.cdpUrl)
  const number = `document.querySelector('output').textContent`
  expect(await other.evaluate(number, await other.attach())).toBe('0')
  expect(await isPending(click)).toBe(true)
  expect(await isPending(later)).toBe(true)
  await control({ action: 'hand_back' })
  await Promise.all([click, later])
  await pressAt(client, page, 'mouseReleased')
  expect((await execute(`await page.textContent('output')`)).body).toMatchObject({ result: '1' })
  await Promise.all([client.close(), other.close()])
})

test('the time that a person holds an execution does not count toward its timeout', async () => {
  await execute(`await page.goto('${site.url}/counter')`)
  const begun = site.nextRequest('/begun')
  const running = execute(
    `await fetch('${site.url}/begun'); await page.click('button'); await page.textContent('output')`,
    2,
  )
  await begun
  await control({ action: 'take' })
  // Killed by its own timeout, which is longer.
  const other = await server.createSession()
  const path = `/v2/interact/${other.id}`
  const endless = { code: 'await new Promise(() => {})', timeout: 3 }
  expect((await server.api('POST', `${path}/execute`, endless)).body).toMatchObject({
    killed: true,
  })
  expect(await isPending(running)).toBe(true)
  await control({ action: 'hand_back' })
  expect((await running).body).toMatchObject({ killed: false, result: '1' })
  await server.api('DELETE', path)
})

test('of two people who take it at the same time one gets it, and the other is told', async () => {
  const [first, second] = await Promise.all([open(), open()])
  await Promise.all([first.until('control'), second.until('control')])
  first.send({ type: 'takeOver', force: false })
  second.send({ type: 'takeOver', force: false })
  const taken = (viewer: LiveClient) =>
    viewer.until(
      'control',
      ({ control: state }) => (state as { driver: string }).driver === 'human',
    )
  const states = (await Promise.all([taken(first), taken(second)])).map(
    (news) => (news['control'] as { you: boolean }).you,
  )
  expect(states.filter(Boolean)).toHaveLength(1)
  const [holder, other] = states[0] ? [first, second] : [second, first]
  expect(await other.until('problem')).toMatchObject({
    message: expect.stringContaining('Another person'),
  })
  expect((await control({ action: 'take' })).status).toBe(409)
  // What the other does reaches nothing, and hands nothing back.
  other.send({ type: 'handBack' })
  other.send({ type: 'newTab' })
  other.send({ type: 'echo', value: 1 })
  await other.until('echo')
  expect((await server.api('GET', `/v2/interact/${session.id}/control`)).body).toMatchObject({
    driver: 'human',
  })
  other.send({ type: 'takeOver', force: true })
  await holder.until('control', ({ control: state }) => !(state as { you: boolean }).you)
  await other.until('control', ({ control: state }) => (state as { you: boolean }).you)
})

test('a take and a hand-back at the same time leave one of both states, and nothing held', async () => {
  for (let round = 0; round < 10; round += 1) {
    await Promise.all([
      control({ action: 'take' }),
      control({ action: 'hand_back' }),
      control({ action: 'take' }),
      control({ action: 'hand_back' }),
    ])
  }
  await control({ action: 'hand_back' })
  expect((await execute('1')).body).toMatchObject({ result: '1' })
})

test('a person whose connection broke keeps the browser under the same name', async () => {
  const first = await open()
  const { viewer } = (await first.until('hello')) as unknown as { viewer: string }
  first.send({ type: 'takeOver', force: false })
  await first.until('control', ({ control: state }) => (state as { you: boolean }).you)
  await first.close()
  const again = await open(session.interactiveLiveViewUrl, viewer)
  expect(await again.until('hello')).toMatchObject({ viewer })
  await again.until('control', ({ control: state }) => (state as { you: boolean }).you)
})

test('a limit hands the browser back by itself', async () => {
  await control({ action: 'take', limit: 1 })
  expect((await execute('1 + 1')).body).toMatchObject({ result: '2' })
  expect((await server.api('GET', `/v2/interact/${session.id}/control`)).body).toEqual({
    success: true,
    driver: 'agent',
  })
})

test('the same Idempotency-Key takes it once, and has the same answer afterwards', async () => {
  const path = `/v2/interact/${session.id}/control`
  const headers = { 'idempotency-key': `take-${session.id}` }
  const take = () => server.api('POST', path, { action: 'take', limit: 60 }, { headers })
  const [first, second] = await Promise.all([take(), take()])
  expect(first).toMatchObject({ status: 200, body: { driver: 'human' } })
  expect(second.body).toEqual(first.body)
  await control({ action: 'hand_back' })
  const late = await take()
  expect(late.body).toEqual(first.body)
  expect(late.headers.get('idempotent-replayed')).toBe('true')
  expect((await server.api('GET', path)).body).toEqual({ success: true, driver: 'agent' })
  const other = await server.api('POST', path, { action: 'hand_back' }, { headers })
  expect(other).toMatchObject({ status: 400, body: { error: expect.stringContaining('new key') } })
  // What was refused may be tried again with it.
  await control({ action: 'take' })
  const hand = await open()
  hand.send({ type: 'takeOver', force: true })
  await hand.until('control', ({ control: state }) => (state as { you: boolean }).you)
  const again = { headers: { 'idempotency-key': `again-${session.id}` } }
  expect((await server.api('POST', path, { action: 'take' }, again)).status).toBe(409)
  hand.send({ type: 'handBack' })
  await hand.until(
    'control',
    ({ control: state }) => (state as { driver: string }).driver === 'agent',
  )
  expect((await server.api('POST', path, { action: 'take' }, again)).status).toBe(200)
})

test('a session that ends while a person has it ends what waits', async () => {
  await control({ action: 'take' })
  const waiting = execute('1 + 1')
  expect(await isPending(waiting)).toBe(true)
  await server.api('DELETE', `/v2/interact/${session.id}`)
  expect((await waiting).status).toBe(410)
})

test('events tell who drives and who looks, up to the end', async () => {
  const response = await fetch(`${server.url}/v2/interact/${session.id}/events`, {
    headers: { authorization: `Bearer ${TestServer.keys[0]}` },
  })
  expect(response.headers.get('content-type')).toContain('text/event-stream')
  const text = response.text()
  await open(session.liveViewUrl)
  const hand = await open()
  hand.send({ type: 'takeOver', force: false })
  await hand.until('control', ({ control: state }) => (state as { you: boolean }).you)
  hand.send({ type: 'handBack' })
  await hand.until(
    'control',
    ({ control: state }) => (state as { driver: string }).driver === 'agent',
  )
  await server.api('DELETE', `/v2/interact/${session.id}`)
  const events = [...(await text).matchAll(/^event: (.*)\ndata: (.*)$/gm)].map(
    ([, name, data]) => [name, JSON.parse(data as string)] as [string, Record<string, unknown>],
  )
  expect(events[0]).toEqual(['control', { driver: 'agent' }])
  expect(events).toContainEqual(['viewers', { watching: 1, interactive: 1 }])
  expect(events.filter(([name]) => name === 'control').map(([, data]) => data['driver'])).toEqual([
    'agent',
    'human',
    'agent',
  ])
  expect(events.at(-1)).toEqual(['ended', { endReason: 'released' }])
})

test('input that is none, and other people’s sessions, are refused', async () => {
  for (const body of [
    {},
    { action: 'grab' },
    { action: 'take', mode: 'maybe' },
    { action: 'take', limit: 0 },
  ]) {
    expect((await control(body)).status).toBe(400)
  }
  const call = { key: TestServer.keys[1] }
  for (const [method, path] of [
    ['GET', 'control'],
    ['POST', 'control'],
    ['GET', 'events'],
  ] as const) {
    const body = method === 'POST' ? { action: 'take' } : undefined
    const answer = await server.api(method, `/v2/interact/${session.id}/${path}`, body, call)
    expect(answer.status).toBe(403)
  }
})

/** Presses or releases the mouse on the button of `/counter`. */
async function pressAt(client: RawClient, page: string, type: string): Promise<unknown> {
  return client.send(
    'Input.dispatchMouseEvent',
    { type, ...place, button: 'left', clickCount: 1 },
    page,
  )
}

/** Where the button is: right of the number, in the first line. */
const place = { x: 30, y: 18 }
