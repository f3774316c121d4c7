import { findEngine } from '@tandem-browser/server'
import { type Browser, chromium, type Page } from 'playwright-core'
import { ServedShop } from 'tour/served-shop'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { buildApp } from '../launch/build-app.ts'
import { ChatApp } from '../launch/chat-app.ts'
import { startModelServer } from './support/model-server.ts'

let shop: ServedShop
let app: ChatApp
let browser: Browser
/** What the chat servers have logged. */
const log: string[] = []

const startChat = (model: Readonly<Record<string, string>> = {}) =>
  ChatApp.start({
    port: 0,
    mode: 'start',
    onLog: (line) => log.push(line),
    environment: {
      TANDEM_BASE_URL: shop.baseUrl,
      TANDEM_API_KEY: shop.apiKey,
      CHAT_SHOP_URL: shop.site.url,
      // The script plays the model, whatever the environment has.
      ...Object.fromEntries(modelVariables.map((name) => [name, undefined])),
      ...model,
    },
  })

const modelVariables = ['OPENAI_API_KEY', 'ANTHROPIC_API_KEY', 'GOOGLE_API_KEY', 'OPENAI_BASE_URL']

beforeAll(async () => {
  ;[shop] = await Promise.all([ServedShop.start(), buildApp()])
  app = await startChat()
  const { executablePath, env } = await findEngine()
  browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox'],
    env: { ...process.env, ...env },
  })
}, 300_000)

afterAll(async () => {
  await browser?.close()
  await app?.close()
  await shop?.close()
})

/** The page in a window of its own, and all that the server sent it. */
async function openChat(url = app.url): Promise<{ page: Page; received: () => Promise<string> }> {
  const context = await browser.newContext()
  onTestFinished(() => context.close())
  const page = await context.newPage()
  page.setDefaultTimeout(20_000)
  const bodies: Promise<string>[] = []
  page.on('requestfinished', (request) => {
    const body = request.response().then((response) => response?.text())
    bodies.push(body.then((text) => text ?? '').catch(() => ''))
  })
  await page.goto(url)
  return { page, received: async () => (await Promise.all(bodies)).join('\n') }
}

async function ask(page: Page, text: string): Promise<void> {
  await page.getByLabel('Message').fill(text)
  await page.keyboard.press('Enter')
}

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })
const liveViewIn = (page: Page) => page.frameLocator('iframe[title^="Live view"]')
const patiently = { timeout: 10_000 }
const activeSessions = () => shop.tandem.sessions.list({ status: 'active' })

test('a task is typed, its steps are seen, its code is approved, and the answer is read', async () => {
  const { page, received } = await openChat()
  await page.getByText('This is scripted.').waitFor()
  await ask(page, 'Which product is the cheapest?')
  await page
    .getByRole('group')
    .filter({ hasText: `Open ${shop.site.url}` })
    .waitFor()

  const approval = page.getByRole('region', { name: 'May this run?' })
  await approval.waitFor()
  expect(await approval.textContent()).toContain(`fetch('/price-list.csv')`)
  await page.getByRole('status').filter({ hasText: 'waiting for your approval' }).waitFor()
  await button(page, 'Run it').click()

  await page
    .getByText('The cheapest of 25 products in stock is Valve caps, a pair for €1.90.')
    .waitFor()
  await page.getByRole('status').filter({ hasText: 'The answer is complete.' }).waitFor()
  const steps = await page.locator('.step').allInnerTexts()
  expect(steps.map((step) => step.split('\n')[0])).toEqual([
    `Open ${shop.site.url}`,
    ...['Wait for Page 1 of', 'Read the page as Markdown'],
    ...['Click Next', 'Wait for Page 2 of', 'Read the page as Markdown'],
    ...['Click Next', 'Wait for Page 3 of', 'Read the page as Markdown'],
    ...['Run JavaScript', 'Click Valve caps, a pair', 'Take a picture'],
  ])
  const pane = page.getByRole('complementary', { name: 'Browser session' })
  expect(await pane.textContent()).toContain('Valve caps, a pair – Saddle & Spoke')
  await liveViewIn(page).locator('#stage[data-state=live]').waitFor()
  // The other view has a hand on the browser.
  await button(page, 'Use it').click()
  await liveViewIn(page).getByRole('button', { name: 'Take over' }).waitFor()

  const all = (await received()) + (await page.content())
  expect(all).toContain('price-list.csv')
  expect(all).not.toContain(shop.apiKey)
  expect(all).not.toMatch(/cdpUrl|\/cdp\//)
})

test('code that is refused does not run, and the model goes on without it', async () => {
  const { page } = await openChat()
  await ask(page, 'Watch the stock for a minute.')
  await button(page, 'Do not run').click()
  await page.getByText('I could not watch the stock.').waitFor()
  await page.locator('.step[data-state=denied]').filter({ hasText: 'you said no' }).waitFor()
})

test('the stop button stops the code on the server, and the conversation goes on', async () => {
  const { page } = await openChat()
  const before = await activeSessions()
  await ask(page, 'Watch the stock for a minute.')
  await button(page, 'Run it').click()
  // What it prints is seen while it runs.
  await page.locator('.step[data-state=running]').filter({ hasText: '2 s: ' }).waitFor()
  await button(page, 'Stop').click()
  await page.locator('.step[data-state=stopped]').waitFor()

  const session = (await activeSessions()).find(({ id }) => before.every((each) => each.id !== id))
  // Code of one session runs in order: this would have to wait for the rest of the minute.
  const { result } = await shop.tandem.sessions
    .get(session!.id)
    .then((found) => found.execute('6 * 7', { timeout: 10, signal: AbortSignal.timeout(10_000) }))
  expect(result).toBe('42')

  await ask(page, 'Thank you.')
  await page.getByText('did not understand that').waitFor()
})

test('two tabs have a session each, which ends with the conversation, the tab, or the server', async () => {
  const second = await startChat()
  onTestFinished(() => second.close())
  const idsBefore = new Set((await activeSessions()).map(({ id }) => id))
  const own = async () => (await activeSessions()).filter(({ id }) => !idsBefore.has(id)).length
  const pages = await Promise.all([
    openChat(second.url),
    openChat(second.url),
    openChat(second.url),
  ])
  const [one, two, three] = pages.map(({ page }) => page) as [Page, Page, Page]
  for (const page of [one, two, three]) {
    await ask(page, 'Watch the stock.')
    await button(page, 'Run it').waitFor()
  }
  expect(await own()).toBe(3)

  await button(one, 'New conversation').click()
  await one.getByText('What should the browser do?').waitFor()
  await expect.poll(own, patiently).toBe(2)
  await two.close({ runBeforeUnload: true })
  await expect.poll(own, patiently).toBe(1)
  await second.close()
  expect(await own()).toBe(0)

  // The page that is left says so, and nothing of it is lost.
  await ask(three, 'Are you there?')
  await three.getByRole('alert').filter({ hasText: 'connection to the chat server' }).waitFor()
  await three.getByText('Are you there?').waitFor()
})

test('without a live view the pane shows the last picture, and an address that is none is no frame', async () => {
  const { page } = await openChat()
  const addresses = ['', 'javascript:alert(1)']
  await page.route('**/api/chat', (route) =>
    route.fulfill({ contentType: 'text/event-stream', body: answerWith(addresses.shift() ?? '') }),
  )
  for (const text of ['Show it.', 'Show it again.']) {
    await ask(page, text)
    await page.getByRole('status').filter({ hasText: 'The answer is complete.' }).waitFor()
    await page.getByText('This server offers no live view of the session.').waitFor()
    await page.getByRole('img', { name: 'The page as the model last saw it' }).waitFor()
    expect(await page.locator('iframe').count()).toBe(0)
  }
})

const onePixel =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

/** An answer of the server in which a tool tells of a session. */
function answerWith(liveViewUrl: string): string {
  const session = { id: liveViewUrl, liveViewUrl, interactiveLiveViewUrl: liveViewUrl }
  const screenshot = { mimeType: 'image/png', base64: onePixel }
  const artifact = { tool: 'screenshot', session, screenshot }
  const call = { toolCallId: 'c', toolName: 'screenshot' }
  const chunks = [
    { type: 'start' },
    { type: 'tool-input-available', ...call, input: {} },
    {
      type: 'tool-output-available',
      toolCallId: 'c',
      output: { status: 'ok', text: '', artifact },
    },
    { type: 'finish' },
  ]
  return chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join('')
}

test('another model is named, sees no secret, and its failures are put into words', async () => {
  await using model = await startModelServer([
    { tool: 'openPage', input: { url: shop.site.url } },
    { text: 'It is a **shop**.' },
    { status: 401 },
  ])
  const chat = await startChat({
    OPENAI_BASE_URL: model.url,
    OPENAI_API_KEY: 'sk-test-secret',
    AGENT_MODEL: 'qwen',
  })
  onTestFinished(() => chat.close())
  const { page, received } = await openChat(chat.url)
  await page.getByText(`qwen at ${new URL(model.url).host}`).waitFor()
  await ask(page, 'What is it?')
  await page.locator('strong').filter({ hasText: 'shop' }).waitFor()
  await ask(page, 'And who runs it?')
  await page
    .getByRole('alert')
    .filter({ hasText: 'The provider of the model does not take the key.' })
    .waitFor()

  expect(log).toContainEqual(expect.stringContaining('AI_APICallError'))
  expect([await received(), ...log].join('\n')).not.toContain('sk-test-secret')
  expect(model.requests).toHaveLength(3)
  expect(model.requests[2]).toContain('Saddle & Spoke')
  const ids = (await activeSessions()).map(({ id }) => id)
  for (const secret of [shop.apiKey, ...ids, 'cdpUrl', 'liveViewUrl'])
    expect(model.requests.join('\n')).not.toContain(secret)
})

test.each([
  ['from another site', { origin: 'https://evil.example' }, 403, 'Only the page of this server'],
  ['by another name', { host: 'evil.example' }, 403, `does not answer to 'evil.example'`],
  ['as no JSON', { 'content-type': 'text/plain' }, 415, 'has to be JSON'],
])('a request %s is refused', async (_, headers, status, words) => {
  const { default: http } = await import('node:http')
  const answer = await new Promise<{ status: number | undefined; text: string }>(
    (resolve, reject) => {
      const request = http.request(
        `${app.url}/api/chat`,
        { method: 'POST', headers: { 'content-type': 'application/json', ...headers } },
        (response) => {
          let text = ''
          response.on('data', (chunk) => (text += String(chunk)))
          response.on('end', () => resolve({ status: response.statusCode, text }))
        },
      )
      request.on('error', reject)
      request.end('{}')
    },
  )
  expect(answer.status).toBe(status)
  expect(answer.text).toContain(words)
})

test.each([
  [{ id: 'short', messages: [] }, 'id has to be 32 hexadecimal digits'],
  [{ id: '0'.repeat(32), messages: [{ role: 'oracle' }] }, 'messages has to be'],
])('a body that is wrong gets a sentence: %j', async (body, words) => {
  const answer = await fetch(`${app.url}/api/chat`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  expect(answer.status).toBe(400)
  expect(await answer.text()).toContain(words)
})
