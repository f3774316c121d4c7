import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Session, Tandem } from '@tandem-browser/core'
import { type RunningServer, startServer } from '@tandem-browser/server'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { expectNoSecret, rejection } from '../test/rejection.ts'
import { connect, ConnectError } from './index.ts'

const apiKey = 'td-playwright-connect-test-key'
const nobody = '0190a1b2-0000-7000-8000-000000000000'

let directory: string
let server: RunningServer
let tandem: Tandem
let session: Session

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'playwright-connect-server-'))
  server = await startServer({
    port: 0,
    dataDir: directory,
    apiKeys: [apiKey],
    logLevel: 'silent',
    poolSize: 0,
    // The set-up says so where the machine makes no sandboxes.
    isolation: process.env['TANDEM_ISOLATION'] === 'none' ? 'none' : 'bubblewrap',
  })
  tandem = new Tandem({ baseUrl: server.url, apiKey })
})

beforeEach(async () => {
  session = await tandem.sessions.create()
  return () => session.delete()
})

afterAll(async () => {
  await server.close()
  await rm(directory, { recursive: true, force: true })
})

const token = () => new URL(session.cdpUrl).searchParams.get('token') ?? ''

describe('a Tandem server', () => {
  it('shares one page with the code of an execution', async () => {
    await session.execute(`await page.goto('data:text/html,<title>By code</title>')`)
    const { page, context, disconnect } = await connect(session)
    expect(context.pages()).toHaveLength(1)
    expect(await page.title()).toBe('By code')
    await page.goto('data:text/html,<title>By Playwright</title>')
    expect((await session.execute('await page.title()')).result).toBe('By Playwright')
    await disconnect()
  })

  it('is reached by the HTTP form of the address, too', async () => {
    const { page, disconnect } = await connect(session.cdpUrl.replace(/^ws/, 'http'))
    expect(await page.evaluate('1 + 1')).toBe(2)
    await disconnect()
  })

  it('keeps the session when we disconnect, and ends it when it is deleted', async () => {
    const first = await connect(session)
    await first.page.goto('data:text/html,<title>Kept</title>')
    await first.disconnect()
    expect((await tandem.sessions.get(session.id)).status).toBe('active')

    const second = await connect(session)
    expect(await second.page.title()).toBe('Kept')
    const disconnected = new Promise((resolve) => second.browser.once('disconnected', resolve))
    await session.delete()
    await disconnected
    expect(second.browser.isConnected()).toBe(false)
    await second.disconnect()
  })

  it.each<[number, string, (cdpUrl: string) => string]>([
    [401, 'a wrong token', (url) => url.replace(/token=.*/, 'token=wrong')],
    [401, 'no token', (url) => url.replace(/\?.*/, '')],
    [404, 'another session', (url) => url.replace(/cdp\/[^?]+/, `cdp/${nobody}`)],
  ])('refuses with %i for %s', async (status, _, change) => {
    const error = await rejection(connect(change(session.cdpUrl)))
    expect(error).toBeInstanceOf(ConnectError)
    expect(error).toMatchObject({ name: 'ConnectError', status })
    expectNoSecret(error, token())
  })

  it('refuses with 410 once the session has ended', async () => {
    await session.delete()
    for (const address of [session.cdpUrl, session.cdpUrl.replace(/^ws/, 'http')]) {
      const error = await rejection(connect(address))
      expect(error).toMatchObject({ name: 'ConnectError', status: 410 })
      expectNoSecret(error, token())
    }
  })
})
