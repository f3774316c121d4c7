import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import type { CreateSessionResponse } from '@tandem-browser/core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest'
import { policyRows } from '../src/cdp/policy/command-policy.ts'
import { PageServer } from './page-server.ts'
import { forbiddenAddresses } from './support/forbidden-addresses.ts'
import { RawClient } from './support/raw-client.ts'
import { TestServer } from './support/test-server.ts'

let server: TestServer
let site: PageServer
let session: CreateSessionResponse
/** The session's work folder on this machine, and a file beside it that no browser may see. */
let work: string
let canary: string
let client: RawClient
let other: RawClient
let page: string

beforeAll(async () => {
  ;[server, site] = await Promise.all([TestServer.start(), PageServer.start()])
  session = await server.createSession()
  // Once its kernel is connected, it says no more where downloads go.
  await server.api('POST', `/v2/interact/${session.id}/execute`, { code: '1' })
  work = join(server.directory, session.id, 'work')
  canary = join(server.dataDirectory, 'canary.txt')
  await Promise.all([
    writeFile(canary, 'canary'),
    writeFile(join(work, 'own.txt'), 'own', { mode: 0o644 }),
  ])
  site.serve('/', '<title>Start</title><input type="file" multiple>')
  site.serve('/file', (_, response) => {
    response.writeHead(200, { 'content-disposition': 'attachment; filename="prices.csv"' })
    response.end('apple,1\n')
  })
})

afterAll(async () => {
  await server.close()
  await site.close()
})

beforeEach(async () => {
  ;[client, other] = await Promise.all([
    RawClient.connect(session.cdpUrl),
    RawClient.connect(session.cdpUrl),
  ])
  page = await client.attach()
  await navigate('/')
})

afterEach(async () => {
  await expectUndisturbed()
  await Promise.all([client.close(), other.close()])
})

/** Whatever was tried: the session goes on, with one page, for everybody. */
async function expectUndisturbed(): Promise<void> {
  expect(await other.pages()).toHaveLength(1)
  expect(await other.evaluate('6 * 7', await other.attach())).toBe(42)
}

async function navigate(path: string): Promise<void> {
  await client.send('Page.enable', {}, page)
  const loaded = client.nextEvent('Page.loadEventFired')
  await client.send('Page.navigate', { url: site.url + path }, page)
  await loaded
}

/** Over the root and over a page: both ways lead to the same handlers. */
async function expectRefused(method: string, params: object, sentence: RegExp): Promise<void> {
  const error = { code: -32090, message: expect.stringMatching(sentence) }
  const atRoot = await client.ask(method, params)
  expect(atRoot, `${method} ${JSON.stringify(params)}`).toEqual({ id: expect.any(Number), error })
  expect(atRoot.error?.message.startsWith(`${method} is not allowed here. `)).toBe(true)
  const atPage = await client.ask(method, params, page)
  expect(atPage).toEqual({ id: expect.any(Number), sessionId: page, error })
}

/** Chromium answers it, be it that it does not know such a thing. */
async function expectPassed(method: string, params: object, sessionId?: string): Promise<void> {
  const { result, error } = await client.ask(method, params, sessionId)
  expect([undefined, -32000, -32601, -32602]).toContain(error?.code)
  expect(result ?? error).toBeDefined()
}

const refused =
  (method: string, params: object, sentence: RegExp): (() => Promise<void>) =>
  () =>
    expectRefused(method, params, sentence)

const passed =
  (method: string, params: object = {}): (() => Promise<void>) =>
  () =>
    expectPassed(method, params, page)

/** What `files` may name, and what it may not. */
function forbiddenPaths(): [string, RegExp][] {
  return [
    ['/etc/passwd', /not in the session's folder/],
    [canary, /not in the session's folder/],
    ['../own.txt', /not in the session's folder/],
    ['../../../../../../etc/passwd', /not in the session's folder/],
    ['downloads/../own.txt', /not in the session's folder/],
    ['file:///etc/passwd', /no file .* in the session's folder/],
    ['own.txt\u0000.png', /not in the session's folder/],
    ['', /not in the session's folder/],
    ['missing.txt', /no file "missing\.txt"/],
    ['~/own.txt', /no file/],
  ]
}

async function expectFilesLimited(
  method: string,
  parametersOf: (files: string[]) => object,
): Promise<void> {
  for (const [path, sentence] of forbiddenPaths()) {
    await expectRefused(method, parametersOf(['own.txt', path]), sentence)
  }
  const many = Array.from({ length: 1_001 }, () => 'own.txt')
  await expectRefused(method, parametersOf(many), /at most 1000 files/)
}

/** Downloads a file, and gives the last news of it. */
async function download(): Promise<{ state: string; filePath?: string }> {
  const over = client.next(
    ({ method, params }) =>
      method === 'Browser.downloadProgress' && params?.['state'] !== 'inProgress',
    'the end of the download',
  )
  await client.ask('Page.navigate', { url: `${site.url}/file` }, page)
  return (await over).params as { state: string; filePath?: string }
}

async function expectDownloadLimited(method: string, sessionId?: string): Promise<void> {
  const elsewhere = join(server.dataDirectory, 'elsewhere')
  const tell = { behavior: 'allow', downloadPath: elsewhere, eventsEnabled: true }
  await client.send('Browser.setDownloadBehavior', tell)
  await client.send(
    method,
    { behavior: 'allow', downloadPath: elsewhere, eventsEnabled: true },
    sessionId,
  )
  const { state, filePath = '' } = await download()
  expect(state).toBe('completed')
  expect(filePath).toMatch(/\/downloads\/prices( \(\d+\))?\.csv$/)
  const name = filePath.slice(filePath.lastIndexOf('/') + 1)
  expect(await readFile(join(work, 'downloads', name), 'utf8')).toBe('apple,1\n')
  await expect(readFile(join(elsewhere, 'prices.csv'))).rejects.toThrow('ENOENT')
  await client.send(method, { behavior: 'deny', eventsEnabled: true }, sessionId)
  expect((await download()).state).toBe('canceled')
}

/** A test for each row, which goes over a real WebSocket to a real browser. */
const tests: Record<string, () => Promise<void>> = {
  'Browser.close': async () => {
    const leaving = await RawClient.connect(session.cdpUrl)
    expect(await leaving.ask('Browser.close')).toEqual({ id: 1, result: {} })
    expect((await leaving.closed).code).toBe(1000)
  },
  'Browser.crash': refused('Browser.crash', {}, /end the session for every client/),
  'Browser.crashGpuProcess': refused('Browser.crashGpuProcess', {}, /disturb the session/),
  'Browser.executeBrowserCommand': refused(
    'Browser.executeBrowserCommand',
    { commandId: 'openTabSearch' },
    /commands of Page and Target/,
  ),
  'Browser.getBrowserCommandLine': refused('Browser.getBrowserCommandLine', {}, /getVersion/),
  'Browser.setDownloadBehavior': () => expectDownloadLimited('Browser.setDownloadBehavior'),
  'Page.setDownloadBehavior': () => expectDownloadLimited('Page.setDownloadBehavior', page),
  'Page.crash': refused('Page.crash', {}, /Target\.closeTarget/),
  'Target.sendMessageToTarget': async () => {
    const [target] = await client.pages()
    const { sessionId } = await client.send<{ sessionId: string }>('Target.attachToTarget', {
      targetId: target?.targetId,
      flatten: false,
    })
    const message = JSON.stringify({ id: 1, method: 'Browser.crash' })
    for (const parameters of [
      { sessionId, message },
      { sessionId: 'any', message },
    ]) {
      await expectRefused('Target.sendMessageToTarget', parameters, /flatten: true/)
    }
  },
  'Target.exposeDevToolsProtocol': async () => {
    const [target] = await client.pages()
    const parameters = { targetId: target?.targetId }
    await expectRefused('Target.exposeDevToolsProtocol', parameters, /the whole browser/)
    expect(await client.evaluate('typeof cdp', page)).toBe('undefined')
  },
  'Target.setRemoteLocations': refused(
    'Target.setRemoteLocations',
    { locations: [{ host: '127.0.0.1', port: 9222 }] },
    /cdpUrl of another session/,
  ),
  'Target.openDevTools': refused('Target.openDevTools', { targetId: 'x' }, /no window/),
  'Target.getDevToolsTarget': refused('Target.getDevToolsTarget', { targetId: 'x' }, /no window/),
  'Target.createBrowserContext': async () => {
    let connections = 0
    const proxy = createServer((socket) => {
      connections += 1
      socket.destroy()
    })
    proxy.listen(0, '127.0.0.1')
    await once(proxy, 'listening')
    onTestFinished(() => void proxy.close())
    const foreign = await PageServer.start()
    onTestFinished(() => foreign.close())
    const { browserContextId } = await client.send<{ browserContextId: string }>(
      'Target.createBrowserContext',
      {
        proxyServer: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
        proxyBypassList: '<-loopback>',
        originsWithUniversalNetworkAccess: [site.url],
        disposeOnDetach: false,
      },
    )
    const own = await client.send<{ targetId: string }>('Target.createTarget', {
      url: `${site.url}/`,
      browserContextId,
    })
    const inside = await client.attach(own.targetId)
    await expect.poll(() => client.evaluate('document.title', inside)).toBe('Start')
    expect(connections).toBe(0)
    const crossing = `fetch('${foreign.url}/').then(() => 'read', () => 'kept')`
    expect(await client.evaluate(crossing, inside)).toBe('kept')
    // It goes with its client, whatever that asked for.
    await client.close()
    await expect
      .poll(() => other.send('Target.getBrowserContexts'))
      .toMatchObject({ browserContextIds: [] })
  },
  'Page.navigate': async () => {
    for (const [url, sentence] of forbiddenAddresses) {
      await expectRefused('Page.navigate', { url }, sentence)
    }
    expect(await client.evaluate('location.href', page)).toBe(`${site.url}/`)
    for (const url of ['about:blank#here', 'data:text/html,<p>é</p>', `  ${site.url}/?a\n=b`]) {
      expect(await client.send('Page.navigate', { url }, page)).toHaveProperty('loaderId')
    }
    await expect.poll(() => client.evaluate('location.search', page)).toBe('?a=b')
    const blob = `URL.createObjectURL(new Blob(['<title>Blob</title>'], { type: 'text/html' }))`
    await client.send('Page.navigate', { url: await client.evaluate(blob, page) }, page)
    await expect.poll(() => client.evaluate('document.title', page)).toBe('Blob')
    // What is no text at all is Chromium's to refuse.
    expect((await client.ask('Page.navigate', { url: 7 }, page)).error?.code).toBe(-32602)
    expect((await client.ask('Page.navigate', {}, page)).error?.code).toBe(-32602)
  },
  'Target.createTarget': async () => {
    for (const [url, sentence] of forbiddenAddresses) {
      await expectRefused('Target.createTarget', { url }, sentence)
    }
    expect(await client.pages()).toHaveLength(1)
    for (const url of ['', 'about:blank', site.url.toUpperCase()]) {
      const { targetId } = await client.send<{ targetId: string }>('Target.createTarget', { url })
      await client.send('Target.closeTarget', { targetId })
    }
    await expect.poll(async () => (await client.pages()).length).toBe(1)
  },
  'DOM.setFileInputFiles': async () => {
    const { result } = await client.send<{ result: { objectId: string } }>(
      'Runtime.evaluate',
      { expression: 'document.querySelector("input")' },
      page,
    )
    const { objectId } = result
    await expectFilesLimited('DOM.setFileInputFiles', (files) => ({ files, objectId }))
    const chosen = `Promise.all([...document.querySelector('input').files].map((f) => f.text()))`
    expect(await client.evaluate(chosen, page)).toEqual([])
    await client.send('DOM.setFileInputFiles', { files: ['own.txt', './own.txt'], objectId }, page)
    expect(await client.evaluate(chosen, page)).toEqual(['own', 'own'])
  },
  'Input.dispatchDragEvent': async () => {
    const event = (files: string[]): object => ({
      type: 'dragEnter',
      x: 10,
      y: 10,
      data: { items: [], files, dragOperationsMask: 1 },
    })
    await expectFilesLimited('Input.dispatchDragEvent', event)
    await client.send('Input.dispatchDragEvent', event(['own.txt']), page)
    await client.send('Input.dispatchDragEvent', { ...event([]), type: 'dragCancel' }, page)
  },
  'Page.handleFileChooser': async () => {
    await expectFilesLimited('Page.handleFileChooser', (files) => ({ action: 'accept', files }))
    const parameters = { action: 'accept', files: ['own.txt'] }
    expect((await client.ask('Page.handleFileChooser', parameters, page)).error?.code).toBe(-32601)
  },
  'Cast.*': refused('Cast.enable', {}, /Page\.startScreencast/),
  'Extensions.*': refused('Extensions.loadUnpacked', { path: '/' }, /no extensions/),
  'HeadlessExperimental.*': refused('HeadlessExperimental.beginFrame', {}, /captureScreenshot/),
  'Memory.*': refused('Memory.getBrowserSamplingProfile', {}, /HeapProfiler/),
  'Memory.getDOMCounters': passed('Memory.getDOMCounters'),
  'PWA.*': async () => {
    await expectRefused('PWA.launchFilesInApp', { files: ['/etc/passwd'] }, /navigate to/)
    await expectRefused('PWA.install', { manifestId: 'https://example.com/' }, /navigate to/)
  },
  'SystemInfo.*': async () => {
    await expectRefused('SystemInfo.getInfo', {}, /Performance\.getMetrics/)
    await expectRefused('SystemInfo.getProcessInfo', {}, /Performance\.getMetrics/)
  },
  // Also what such a domain has not got yet.
  'Tethering.*': async () => {
    await expectRefused('Tethering.bind', { port: 9333 }, /connect to the cdpUrl/)
    await expectRefused('Tethering.somethingNew', {}, /connect to the cdpUrl/)
  },
  'Tracing.requestMemoryDump': refused('Tracing.requestMemoryDump', {}, /HeapProfiler/),
  'Tracing.start': async () => {
    const stream = { transferMode: 'ReturnAsStream' }
    for (const parameters of [{}, { transferMode: 'ReportEvents' }, { transferMode: null }]) {
      await expectRefused('Tracing.start', parameters, /transferMode: "ReturnAsStream"/)
    }
    await expectRefused('Tracing.start', { ...stream, perfettoConfig: '' }, /traceConfig/)
    await expectRefused('Tracing.start', { ...stream, tracingBackend: 'system' }, /"chrome"/)
    expect(await trace()).toContain('traceEvents')
  },
  'IO.*': async () => {
    expect(await trace()).toContain('traceEvents')
    expect((await client.ask('IO.read', { handle: '/etc/passwd' })).error?.code).toBe(-32602)
  },
  'FileSystem.*': passed('FileSystem.getDirectory', { bucketFileSystemLocator: {} }),
  'Network.loadNetworkResource': async () => {
    const { frameTree } = await client.send<{ frameTree: { frame: { id: string } } }>(
      'Page.getFrameTree',
      {},
      page,
    )
    const load = async (url: string): Promise<unknown> => {
      const options = { disableCache: true, includeCredentials: false }
      const parameters = { frameId: frameTree.frame.id, url, options }
      const answer = await client.ask('Network.loadNetworkResource', parameters, page)
      return (answer.result?.['resource'] as { success?: boolean } | undefined)?.success ?? false
    }
    expect(await load(`${site.url}/`)).toBe(true)
    expect(await load('file:///etc/passwd')).toBe(false)
  },
  'Security.setIgnoreCertificateErrors': async () => {
    expect(
      await client.send('Security.setIgnoreCertificateErrors', { ignore: true }, page),
    ).toEqual({})
  },
  'Security.setOverrideCertificateErrors': passed('Security.setOverrideCertificateErrors', {
    override: false,
  }),
}

async function trace(): Promise<string> {
  await client.send('Tracing.start', {
    transferMode: 'ReturnAsStream',
    traceConfig: { includedCategories: ['blink.user_timing'] },
  })
  const complete = client.nextEvent('Tracing.tracingComplete')
  await client.send('Tracing.end')
  const handle = (await complete).params?.['stream']
  const { data } = await client.send<{ data: string }>('IO.read', { handle })
  await client.send('IO.close', { handle })
  return data
}

test('the policy has no row that is not tested here, and no test is for none', () => {
  expect(Object.keys(tests).toSorted()).toEqual(Object.keys(policyRows).toSorted())
})

test.each(Object.keys(policyRows))('%s', async (row) => {
  const run = tests[row]
  if (!run) throw new Error(`The row ${row} has no test.`)
  await run()
})

test('a page cannot take itself where a client may not take it', async () => {
  for (const url of ['file:///etc/passwd', 'chrome://version', 'view-source:http://127.0.0.1/']) {
    await client.evaluate(`location.href = ${JSON.stringify(url)}`, page)
    await client.evaluate(`open(${JSON.stringify(url)})?.close()`, page)
    expect(await client.evaluate('location.href', page)).toBe(`${site.url}/`)
  }
  await client.send('Fetch.enable', { patterns: [{ urlPattern: '*' }] }, page)
  const paused = client.nextEvent('Fetch.requestPaused')
  const loading = client.ask('Page.navigate', { url: `${site.url}/` }, page)
  const requestId = (await paused).params?.['requestId']
  await client.send('Fetch.continueRequest', { requestId, url: 'file:///etc/passwd' }, page)
  expect((await loading).result).toMatchObject({ errorText: 'net::ERR_UNKNOWN_URL_SCHEME' })
})
