import { type Browser, type Page, chromium } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { TestServer } from './support/test-server.ts'

const sentence = 'Tandem does not let a session reach 10.0.0.5:443: 10.0.0.5 is a private address.'

let server: TestServer
let session: { id: string; cdpUrl: string }
let browser: Browser
let page: Page

beforeAll(async () => {
  server = await TestServer.start({ egressAllow: [] })
  session = await server.createSession()
  browser = await chromium.connectOverCDP(session.cdpUrl)
  page = browser.contexts()[0]?.pages()[0] as Page
}, 60_000)
afterAll(async () => {
  await browser.close()
  await server.close()
})

test('plain HTTP: the page says which rule it was and how to allow it', async () => {
  const response = await page.goto('http://10.0.0.5:8080/admin')
  expect(response?.status()).toBe(403)
  expect(response?.headers()['x-tandem-egress']).toBe('refused; rule=private-address')
  const text = await page.innerText('body')
  expect(text).toContain('10.0.0.5 is a private address')
  expect(text).toContain('TANDEM_EGRESS_ALLOW=10.0.0.5:8080')
})

test("TLS: the client's error says it, and so does the page", async () => {
  const error = await page.goto('https://10.0.0.5/').catch((reason: unknown) => reason as Error)
  expect((error as Error).message).toContain('net::ERR_TUNNEL_CONNECTION_FAILED')
  expect((error as Error).message).toContain(sentence)
  await page.getByText('Blocked by Tandem').waitFor()
  const text = await page.innerText('body')
  expect(text).toContain('10.0.0.5 is a private address')
  expect(text).toContain('TANDEM_EGRESS_ALLOW=10.0.0.5:443')
})

test('TLS, where a link of a page leads: the page says it', async () => {
  await page.setContent('<a href="https://192.168.7.7/">Router</a>')
  await page.getByText('Router').click()
  await page.getByText('Blocked by Tandem').waitFor()
  expect(await page.innerText('body')).toContain('TANDEM_EGRESS_ALLOW=192.168.7.7:443')
})

test.each([
  ['node', `await fetch('https://10.0.0.5/')`],
  ['node', `await page.goto('https://10.0.0.5/')`],
  ['python', `import urllib.request\nurllib.request.urlopen('https://10.0.0.5/')`],
  ['bash', `curl -s https://10.0.0.5/`],
])('code in %s is told: %s', async (language, code) => {
  const { status, body } = await server.api<{ stderr: string; error: string; exitCode: number }>(
    'POST',
    `/v2/interact/${session.id}/execute`,
    { code, language },
  )
  // Optional: the set-up says how to get Python.
  if (language === 'python' && status === 503) return
  expect(body.exitCode).not.toBe(0)
  for (const text of [body.stderr, body.error]) {
    expect(text).toContain(sentence)
    expect(text).toContain('TANDEM_EGRESS_ALLOW=10.0.0.5:443')
  }
})
