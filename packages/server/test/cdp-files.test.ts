import { mkdir, readFile, readdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { CreateSessionResponse, ExecuteResponse } from '@tandem-browser/core'
import { type Browser, type Page, chromium } from 'playwright-core'
import { connect } from 'puppeteer-core'
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest'
import { PageServer } from './page-server.ts'
import { RawClient, type RawMessage } from './support/raw-client.ts'
import { TestServer } from './support/test-server.ts'

let server: TestServer
let site: PageServer
let session: CreateSessionResponse
/** The session's folders, on this machine. */
let work: string
let downloads: string

beforeAll(async () => {
  ;[server, site] = await Promise.all([TestServer.start(), PageServer.start()])
  site.serve('/file', (_request, response) => {
    response.writeHead(200, {
      'content-type': 'text/csv',
      'content-disposition': 'attachment; filename="prices.csv"',
    })
    response.end('apple,1\n')
  })
  site.serve('/', '<a href="/file">Get it</a><input type="file" multiple>')
})

afterAll(async () => {
  await server.close()
  await site.close()
})

beforeEach(async () => {
  session = await server.createSession()
  work = join(server.directory, session.id, 'work')
  downloads = join(work, 'downloads')
  return async () => {
    await server.api('DELETE', `/v2/interact/${session.id}`)
  }
})

async function execute(code: string): Promise<ExecuteResponse> {
  const { body } = await server.api('POST', `/v2/interact/${session.id}/execute`, { code })
  return body as unknown as ExecuteResponse
}

async function playwright(
  options: { artifactsDir?: string; noDefaults?: boolean } = {},
): Promise<{ browser: Browser; page: Page }> {
  const browser = await chromium.connectOverCDP(session.cdpUrl, options)
  onTestFinished(() => browser.close())
  const page = browser.contexts()[0]?.pages()[0] as Page
  await page.goto(site.url)
  return { browser, page }
}

const chosen = `Promise.all([...document.querySelector('input').files].map(async (file) =>
  file.name + ': ' + await file.text()))`

test('a download of Playwright lands in the session’s folder, where its code can read it', async () => {
  const { page } = await playwright()
  const downloading = page.waitForEvent('download')
  await page.locator('a').click()
  const download = await downloading
  expect(download.suggestedFilename()).toBe('prices.csv')
  expect(await download.failure()).toBeNull()
  const [name, ...more] = await readdir(downloads)
  expect(more).toEqual([])
  expect(await readFile(join(downloads, name as string), 'utf8')).toBe('apple,1\n')
  // Playwright calls it by its id, in a folder of its own machine.
  expect((await download.path()).endsWith(`/${name}`)).toBe(true)
  const read = await execute(`require('node:fs').readFileSync('downloads/${name}', 'utf8')`)
  expect(read).toMatchObject({ result: 'apple,1\n', exitCode: 0 })
})

test('on the server’s machine Playwright reads and saves it, told where the folder is', async () => {
  const { page } = await playwright({ artifactsDir: downloads })
  const downloading = page.waitForEvent('download')
  await page.locator('a').click()
  const download = await downloading
  expect(await readFile(await download.path(), 'utf8')).toBe('apple,1\n')
  const copy = join(server.dataDirectory, `${session.id}.csv`)
  await download.saveAs(copy)
  expect(await readFile(copy, 'utf8')).toBe('apple,1\n')
})

test('in the session’s code it is there by its path, and can be saved', async () => {
  const output = await execute(`await page.goto('${site.url}')
    const downloading = page.waitForEvent('download')
    await page.locator('a').click()
    const download = await downloading
    await download.saveAs('saved.csv')
    const { readFileSync } = require('node:fs')
    readFileSync(await download.path(), 'utf8') + readFileSync('saved.csv', 'utf8')`)
  expect(output).toMatchObject({ result: 'apple,1\napple,1\n', exitCode: 0 })
  expect(await readFile(join(work, 'saved.csv'), 'utf8')).toBe('apple,1\n')
})

test('Puppeteer’s download lands there by its name, whatever folder it asks for', async () => {
  const elsewhere = join(server.dataDirectory, 'elsewhere')
  const browser = await connect({
    browserWSEndpoint: session.cdpUrl,
    defaultViewport: null,
    downloadBehavior: { policy: 'allow', downloadPath: elsewhere },
  })
  onTestFinished(() => browser.disconnect())
  const [page] = await browser.pages()
  await page?.goto(site.url)
  await page?.click('a')
  await expect.poll(() => readdir(downloads).catch(() => [])).toEqual(['prices.csv'])
  await expect(readdir(elsewhere)).rejects.toThrow('ENOENT')
})

test('what a page downloads while no client cares lands there as well', async () => {
  const { page } = await playwright({ noDefaults: true })
  // A kernel would care.
  await page.locator('a').click()
  await expect.poll(async () => (await readdir(downloads).catch(() => [])).length).toBe(1)
})

test('the downloads of those who stay go on when a client leaves that had its own wishes', async () => {
  const { page } = await playwright({ artifactsDir: downloads })
  const raw = await RawClient.connect(session.cdpUrl)
  await raw.send('Browser.setDownloadBehavior', { behavior: 'deny' })
  const denied = page.waitForEvent('download')
  await page.locator('a').click()
  expect(await (await denied).failure()).toBe('canceled')
  const guest = await chromium.connectOverCDP(session.cdpUrl)
  await guest.close()
  await raw.close()
  await expect
    .poll(async () => {
      const downloading = page.waitForEvent('download')
      await page.locator('a').click()
      return (await downloading).failure()
    })
    .toBeNull()
})

test('files are uploaded from the session’s folder by code', async () => {
  await writeFile(join(work, 'own.txt'), 'own', { mode: 0o644 })
  const output = await execute(`await page.goto('${site.url}')
    await page.locator('input').setInputFiles(['own.txt', process.cwd() + '/own.txt'])
    await page.evaluate(\`${chosen}\`)`)
  expect(output).toMatchObject({ result: '["own.txt: own","own.txt: own"]', exitCode: 0 })
  const refused = await execute(`require('node:fs').writeFileSync('/tmp/foreign.txt', 'foreign')
    await page.locator('input').setInputFiles('/tmp/foreign.txt', { timeout: 1_000 })`)
  expect(refused.exitCode).toBe(1)
  // Playwright itself speaks of its timeout only.
  expect(refused.stderr).toMatch(
    /^DOM\.setFileInputFiles is not allowed here\. "\/tmp\/foreign\.txt" is not in the session's folder\. Copy the file to .*\n/,
  )
  expect(refused.stderr.match(/is not allowed here/g)).toHaveLength(1)
})

test('clients elsewhere upload contents: a buffer, or a file of their own machine', async () => {
  const { page } = await playwright()
  const input = page.locator('input')
  const buffer = Buffer.from('given')
  await input.setInputFiles({ name: 'given.txt', mimeType: 'text/plain', buffer })
  expect(await page.evaluate(chosen)).toEqual(['given.txt: given'])
  const own = join(server.dataDirectory, 'mine.txt')
  await writeFile(own, 'mine')
  await input.setInputFiles(own)
  expect(await page.evaluate(chosen)).toEqual(['mine.txt: mine'])
})

test('Puppeteer uploads by path what is in the session’s folder, and nothing else', async () => {
  await execute(`require('node:fs').writeFileSync('own.txt', 'own')`)
  const inside = (await execute('process.cwd()')).result
  const browser = await connect({ browserWSEndpoint: session.cdpUrl, defaultViewport: null })
  onTestFinished(() => browser.disconnect())
  const [page] = await browser.pages()
  await page?.goto(site.url)
  const input = await page?.$('input')
  await input?.uploadFile(`${inside}/own.txt`)
  expect(await page?.evaluate(chosen)).toEqual(['own.txt: own'])
  await expect(input?.uploadFile('/etc/passwd')).rejects.toThrow('is not in the session')
  expect(await page?.evaluate(chosen)).toEqual(['own.txt: own'])
})

test('links lead nowhere, wherever they point', async () => {
  const canary = join(server.dataDirectory, 'canary.txt')
  await mkdir(join(work, 'folder'))
  await Promise.all([
    writeFile(canary, 'canary'),
    writeFile(join(work, 'own.txt'), 'own'),
    writeFile(join(work, 'folder', 'deep.txt'), 'deep'),
    symlink(canary, join(work, 'link')),
    symlink('/etc', join(work, 'folder', 'etc')),
    symlink('own.txt', join(work, 'near')),
  ])
  const client = await RawClient.connect(session.cdpUrl)
  const setFiles = async (file: string): Promise<RawMessage['error']> => {
    const parameters = { files: [file], objectId: 'none' }
    return (await client.ask('DOM.setFileInputFiles', parameters, await client.attach())).error
  }
  for (const path of ['link', 'folder/etc/passwd', 'folder/etc', 'near']) {
    expect(await setFiles(path)).toMatchObject({
      code: -32090,
      message: expect.stringContaining('is a symbolic link'),
    })
  }
  for (const path of ['folder/deep.txt', 'folder', './/folder/./deep.txt']) {
    expect((await setFiles(path))?.code).not.toBe(-32090)
  }
  await client.close()
})
