import type { ExecuteResponse, Language } from '@tandem-browser/core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { LocalSite } from './support/local-site.ts'
import { python } from './support/python.ts'
import { RawClient } from './support/raw-client.ts'
import { renderersOf } from './support/session-processes.ts'
import { TestServer } from './support/test-server.ts'

let server: TestServer
let site: LocalSite
let session: { id: string; cdpUrl: string }

beforeAll(async () => {
  ;[server, site] = await Promise.all([TestServer.start(), LocalSite.start()])
  session = await server.createSession()
})

afterAll(() => Promise.all([server.close(), site.close()]))

async function run(language: Language, code: string, timeout = 30): Promise<ExecuteResponse> {
  const path = `/v2/interact/${session.id}/execute`
  const answer = await server.api<ExecuteResponse>('POST', path, { code, language, timeout })
  expect(answer.status).toBe(200)
  return answer.body
}

const runPython = (code: string, timeout?: number) => run('python', code, timeout)

describe.skipIf(python === undefined)('the page in Python', () => {
  beforeEach(async () => {
    await runPython(`for other in context.pages[1:]: await other.close()
page = context.pages[0]
await page.goto("${site.url}/counter")`)
  })

  test('is that of the other languages and clients', async () => {
    await run('node', 'await page.click("button")')
    await runPython('await page.click("button")')
    expect(await runPython('print(await page.text_content("output"))')).toMatchObject({
      result: '2',
    })
    const client = await RawClient.connect(session.cdpUrl)
    const page = await client.attach()
    expect(await client.evaluate('document.querySelector("output").textContent', page)).toBe('2')
    await client.close()
  })

  test('is real Playwright, with the browser and its context beside it', async () => {
    const output =
      await runPython(`from playwright.async_api import Browser, BrowserContext, Page, expect
await expect(page.get_by_role("button")).to_have_text("Add")
print(isinstance(page, Page), isinstance(context, BrowserContext), isinstance(browser, Browser), page.context == context)`)
    expect(output).toMatchObject({ stderr: '', result: 'True True True True' })
  })

  test('is another one when code says so, also for later code', async () => {
    await runPython(`async def select_tab():
    global page
    page = await context.new_page()
await select_tab()
await page.goto("${site.url}/")`)
    expect(await runPython('print(await page.title(), len(context.pages))')).toMatchObject({
      result: 'Home 2',
    })
  })

  test('of a tab that one language opens is there for the other at once', async () => {
    await runPython(`tab = await context.new_page()
await tab.goto("${site.url}/from-python")`)
    const inNode = 'await Promise.all(context.pages().map((tab) => tab.title()))'
    expect(await run('node', inNode)).toMatchObject({ result: '["Counter","/from-python"]' })
    await run('node', `await (await context.newPage()).goto('${site.url}/from-node')`)
    const inPython = 'print([await tab.title() for tab in context.pages])'
    expect(await runPython(inPython)).toMatchObject({
      result: "['Counter', '/from-python', '/from-node']",
    })
  })

  test('of a tab that was just opened is there even when news of it comes late', async () => {
    await runPython(`import os, signal, threading
def is_driver(process):
    with open(f"/proc/{process}/stat") as stat, open(f"/proc/{process}/cmdline") as command:
        return stat.read().split(") ")[1].split()[1] == str(os.getpid()) and "run-driver" in command.read()
driver = next(int(name) for name in os.listdir("/proc") if name.isdigit() and int(name) > os.getpid() and is_driver(name))
os.kill(driver, signal.SIGSTOP)
threading.Timer(0.2, os.kill, (driver, signal.SIGCONT)).start()`)
    await run('node', 'const opened = await context.newPage()')
    expect(await runPython('print(len(context.pages))')).toMatchObject({ result: '2', stderr: '' })
  })

  test('that a click opens can be awaited and kept', async () => {
    const output = await runPython(`async with page.expect_popup() as popup:
    await page.evaluate("open('${site.url}/popup')")
page = await popup.value
await page.wait_for_load_state()
print(await page.title())`)
    expect(output.result).toBe('/popup')
    expect((await runPython('print(page.url)')).result).toBe(`${site.url}/popup`)
  })

  test('that code closes gives way to one that is open', async () => {
    await runPython(`page = await context.new_page()
await page.close()`)
    expect(await runPython('print(page.is_closed(), page.url)')).toMatchObject({
      result: `False ${site.url}/counter`,
      stderr: '',
    })
    await runPython('await page.close()')
    expect(await runPython('print(page.is_closed())')).toMatchObject({ result: 'False' })
  })

  test('that crashes gives way to another, which is said once', async () => {
    await runPython(`import asyncio
crash = asyncio.ensure_future(page.wait_for_event("crash"))`)
    for (const renderer of await renderersOf(session.id)) process.kill(renderer, 'SIGKILL')
    const first = await runPython('await crash')
    const next = await runPython(`await page.goto("${site.url}/")\nprint(await page.title())`)
    expect(next).toMatchObject({ result: 'Home', exitCode: 0 })
    expect((first.stderr + next.stderr).match(/crashed/g)).toHaveLength(1)
    expect((await runPython('pass')).stderr).toBe('')
  })

  test('has its dialogs dismissed, unless code listens', async () => {
    const ask = 'print(await page.evaluate("confirm(1)"))'
    expect(await runPython(ask)).toMatchObject({ result: 'False', exitCode: 0 })
    const output = await runPython(`async def accept(dialog): await dialog.accept()
page.once("dialog", accept)
${ask}`)
    expect(output).toMatchObject({ result: 'True', exitCode: 0 })
  })

  test('leaves the dialogs of other clients to them', async () => {
    const client = await RawClient.connect(session.cdpUrl)
    const page = await client.attach()
    await client.send('Page.enable', {}, page)
    const opened = client.nextEvent('Page.javascriptDialogOpening')
    const asked = client.evaluate('confirm("Really?")', page)
    await opened
    // Whoever would dismiss it does so before it answers.
    for (let round = 0; round < 2; round += 1) await runPython('pass')
    await client.send('Page.handleJavaScriptDialog', { accept: true }, page)
    expect(await asked).toBe(true)
    await client.close()
  })

  test('takes nothing from the downloads of other languages', async () => {
    const content = "<a download=report.txt href='data:text/plain,downloaded'>get</a>"
    await runPython('pass')
    const output = await run(
      'node',
      `await page.setContent("${content}")
      const [download] = await Promise.all([page.waitForEvent('download'), page.click('a')])
      require('node:fs').readFileSync(await download.path(), 'utf8')`,
    )
    expect(output).toMatchObject({ result: 'downloaded', stderr: '' })
  })

  test('brings downloads and takes uploads in the working directory', async () => {
    const output = await runPython(`await page.set_content(
    '<input type=file><a download=report.txt href="data:text/plain,downloaded">get</a>')
async with page.expect_download() as event:
    await page.click("a")
download = await event.value
await download.save_as("report.txt")
print(download.suggested_filename, open("report.txt").read())
open("upload.txt", "w").write("uploaded")
await page.set_input_files("input", "upload.txt")
print(await page.evaluate("document.querySelector('input').files[0].text()"))`)
    expect(output).toMatchObject({ stderr: '', stdout: 'report.txt downloaded\nuploaded\n' })
  })
})

describe.skipIf(python === undefined)('Python code that does not end', () => {
  test.each([
    ['in a page', 'await page.evaluate("while (true) {}")'],
    [
      'in one operation that no other thread of the interpreter outlives',
      'import re\nre.match("(a+)+$", "a" * 64 + "b")',
    ],
  ])('%s is killed with what it printed, and says so with the next', async (_, code) => {
    await runPython('kept = 1')
    const output = await runPython(`print("begun")\n${code}`, 1)
    expect(output).toMatchObject({
      stdout: 'begun\n',
      result: 'begun',
      exitCode: 124,
      killed: true,
    })
    expect(output.error).toContain('timeout of 1 s')
    const next = await runPython('print("kept" in globals(), await page.evaluate("6 * 7"))')
    expect(next).toMatchObject({ result: 'False 42', exitCode: 0 })
    expect(next.stderr).toMatch(/^The kernel was restarted/)
    expect((await runPython('pass')).stderr).toBe('')
  })

  test('is ended when its client hangs up', async () => {
    await runPython(`await page.goto("${site.url}/counter")`)
    const hangUp = new AbortController()
    const begun = site.nextRequest('/begun')
    const code = `await page.evaluate("fetch('/begun')")\nwhile True: await page.click("button")`
    const path = `/v2/interact/${session.id}/execute`
    const body = { code, language: 'python' }
    const lost = server.api('POST', path, body, { signal: hangUp.signal })
    await begun
    hangUp.abort()
    await expect(lost).rejects.toThrow('aborted')
    const count = 'print(await page.text_content("output"))'
    const first = await runPython(count)
    expect(first.stderr).toContain('restarted')
    expect((await runPython(count)).result).toBe(first.result)
  })

  test('tells what it prints as it prints it, characters whole', async () => {
    await runPython(`await page.goto("${site.url}/")`)
    const response = await fetch(`${server.url}/v2/interact/${session.id}/execute`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${TestServer.keys[0]}`,
        accept: 'text/event-stream',
        'content-type': 'application/json',
      },
      body: JSON.stringify({
        language: 'python',
        code: `import os
print(".", end="")
for byte in "naïve 🦆".encode(): os.write(1, bytes([byte]))
await page.evaluate("fetch('/hold')")
print("end")`,
      }),
    })
    const held = site.nextRequest('/hold')
    let text = ''
    let printed = ''
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk
      printed = [...text.matchAll(/^event: stdout\ndata: (.*)$/gm)]
        .map(([, data]) => (JSON.parse(data as string) as { text: string }).text)
        .join('')
      if (printed === '.naïve 🦆') {
        await held
        site.release()
      }
    }
    expect(printed).toBe('.naïve 🦆end\n')
    expect(text).toContain('"result":".naïve 🦆end"')
  })
})
