import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { findAgentBrowser } from '../src/kernels/agent-browser.ts'
import { LocalSite } from './support/local-site.ts'
import { TestServer } from './support/test-server.ts'

const run = promisify(execFile)
const found = await findAgentBrowser()

test.skipIf('problem' in found)('agent-browser on somebody’s machine, by --cdp', async () => {
  if ('problem' in found) return
  const server = await TestServer.forTest()
  await using site = await LocalSite.start()
  const home = await mkdtemp(join(tmpdir(), 'tandem-agent-browser-'))
  onTestFinished(() => rm(home, { recursive: true, force: true }))
  const { id, cdpUrl } = await server.createSession()
  const agentBrowser = async (...words: string[]): Promise<string> => {
    const { stdout } = await run(
      join(found.package, found.program),
      ['--session', 'outside', '--cdp', cdpUrl, ...words],
      // Its socket and its state, apart from whatever else runs here.
      { env: { HOME: home, XDG_RUNTIME_DIR: home, PATH: process.env['PATH'] }, timeout: 30_000 },
    )
    return stdout.trim()
  }
  onTestFinished(async () => {
    await agentBrowser('close').catch(() => {})
  })

  await agentBrowser('open', `${site.url}/form`)
  const snapshot = await agentBrowser('snapshot', '-i')
  const [, reference = ''] = /textbox "Name".*ref=(e\d+)/.exec(snapshot) ?? []
  await agentBrowser('fill', `@${reference}`, 'Ada')
  // It works on the tab that code works on.
  const { body } = await server.api('POST', `/v2/interact/${id}/execute`, {
    code: `[page.url(), await page.locator('#who').inputValue()].join(' ')`,
  })
  expect(body).toMatchObject({ result: `${site.url}/form Ada` })
  await agentBrowser('close')
  // It leaves, and the session stays.
  const answer = await server.api('POST', `/v2/interact/${id}/execute`, { code: 'page.url()' })
  expect(answer.body).toMatchObject({ result: `${site.url}/form` })
})
