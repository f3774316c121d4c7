import type { CreateSessionResponse, ExecuteResponse, Language } from '@tandem-browser/core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { siteForTest } from './support/http-site.ts'
import { LocalSite } from './support/local-site.ts'
import { python } from './support/python.ts'
import { RawClient } from './support/raw-client.ts'
import { type SessionProcess, processesOf } from './support/session-processes.ts'
import { TestServer } from './support/test-server.ts'

let server: TestServer
let site: LocalSite
let session: CreateSessionResponse

// One session for all: what a test left open, the next one would meet.
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

/** Runs code that has to succeed. */
async function succeed(language: Language, code: string): Promise<string> {
  const { result, stderr, exitCode } = await run(language, code)
  expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 })
  return result
}

const bash = (code: string): Promise<string> => succeed('bash', code)
const node = (code: string): Promise<string> => succeed('node', code)

/** The tabs that there are, with the addresses that they show. */
async function tabs(): Promise<{ id: string; url: string }[]> {
  const path = `/cdp/${session.id}/json/list${new URL(session.cdpUrl).search}`
  return (await server.api<{ id: string; url: string }[]>('GET', path)).body
}

describe('the tab of the session', () => {
  test('is the one that it works on, without flags, and stays the only one', async () => {
    const before = await tabs()
    expect(before).toMatchObject([{ url: 'about:blank' }])
    expect(await bash('agent-browser get url')).toBe('about:blank')
    expect(await tabs()).toEqual(before)
    await bash(`agent-browser open ${site.url}/counter`)
    expect(await tabs()).toEqual([{ ...before[0], title: 'Counter', url: `${site.url}/counter` }])
  })

  test('is the same in every language', async () => {
    await bash(`agent-browser open ${site.url}/counter; agent-browser click button`)
    expect(await node('[page.url(), await page.textContent("output")]')).toBe(
      `["${site.url}/counter","1"]`,
    )
    await node('await page.click("button")')
    expect(await bash('agent-browser get text output')).toBe('2')
    if (python !== undefined) await succeed('python', 'await page.click("button")')
    else await node('await page.click("button")')
    expect(await bash('agent-browser eval "document.querySelector(\'output\').textContent"')).toBe(
      '"3"',
    )
    expect(await tabs()).toHaveLength(1)
  })

  test('and the session outlive its close', async () => {
    await bash(`agent-browser open ${site.url}/counter && agent-browser click button`)
    await bash('agent-browser close')
    expect(await node('page.textContent("output")')).toBe('1')
    expect(await bash('agent-browser get text output')).toBe('1')
    expect(await tabs()).toHaveLength(1)
  })
})

describe('further tabs', () => {
  beforeEach(async () => {
    await node(`for (const other of context.pages()) if (other !== page) await other.close()
      await page.goto('about:blank')`)
  })

  test('that it opens are there for the other languages', async () => {
    await bash(`agent-browser open ${site.url}/; agent-browser tab new ${site.url}/counter`)
    expect(await node('context.pages().map((page) => page.url()).sort()')).toBe(
      JSON.stringify([`${site.url}/`, `${site.url}/counter`]),
    )
    expect(await bash('agent-browser tab list | wc -l')).toBe('2')
  })

  test('that another language opens can be chosen by their target id', async () => {
    await bash('agent-browser get url')
    await node(`const other = await context.newPage(); await other.goto('${site.url}/counter')`)
    const other = (await tabs()).find(({ url }) => url.endsWith('/counter'))
    await bash(`agent-browser tab ${other?.id}; agent-browser click button`)
    expect(await node('other.textContent("output")')).toBe('1')
  })

  test('are where the next code begins, in whatever language the last one went there', async () => {
    const languages = (['node', 'python'] as const).filter((name) => name === 'node' || python)
    await bash(`agent-browser open ${site.url}/; agent-browser tab new ${site.url}/counter`)
    for (const language of languages) {
      const print = language === 'node' ? 'page.url()' : 'print(page.url)'
      expect(await succeed(language, print)).toBe(`${site.url}/counter`)
    }
    await node(`page = context.pages().find((other) => other !== page)`)
    expect(await bash('agent-browser get url')).toBe(`${site.url}/`)
    if (python !== undefined) {
      expect(await succeed('python', 'print(page.url)')).toBe(`${site.url}/`)
      await succeed(
        'python',
        `page = await context.new_page(); await page.goto("${site.url}/form")`,
      )
    } else {
      await node(`page = await context.newPage(); await page.goto('${site.url}/form')`)
    }
    expect(await bash('echo nothing with the page')).toBe('nothing with the page')
    expect(await node('page.url()')).toBe(`${site.url}/form`)
    expect(await bash('agent-browser get url')).toBe(`${site.url}/form`)
  })

  test("that code opens and does not go to are nobody else's either", async () => {
    await bash(`agent-browser open ${site.url}/counter`)
    await node(`const other = await context.newPage(); await other.goto('${site.url}/')`)
    expect(await bash('agent-browser get url')).toBe(`${site.url}/counter`)
    expect(await node('page.url()')).toBe(`${site.url}/counter`)
  })

  test('that a page opens become its own', async () => {
    await bash(`agent-browser open ${site.url}/form; agent-browser find text 'New tab' click`)
    expect(await bash('agent-browser wait --load load > /dev/null; agent-browser get url')).toBe(
      `${site.url}/tab`,
    )
  })

  test('when its own was closed, it goes on with another', async () => {
    await bash(`agent-browser open ${site.url}/`)
    await node(`const [own] = context.pages(); await context.newPage(); await own.close()`)
    expect(await bash('agent-browser get url')).toBe('about:blank')
    expect(await tabs()).toHaveLength(1)
  })
})

test('the documented commands do what they say', async () => {
  const output = await bash(`
    ab() { agent-browser "$@" | sed 's/\\x1b\\[[0-9;]*m//g'; }
    ab open ${site.url}/form > /dev/null
    ab get title
    ab snapshot -i | grep -o -e 'textbox "Name"' -e 'button "Send"' -e 'link "Next page"'
    ab snapshot -s form | grep -c 'Next page'
    reference=$(ab snapshot -i | sed -n 's/.*textbox "Name".*\\[ref=\\(e[0-9]*\\).*/\\1/p')
    ab fill "@$reference" Ada > /dev/null; ab get value '#who'
    ab type '#who' ' Lovelace' > /dev/null; ab get value '#who'
    ab find placeholder 'Your name' fill Grace > /dev/null
    ab keyboard type ' Hopper' > /dev/null; ab get value '#who'
    ab press Enter > /dev/null; ab get title
    ab select select large > /dev/null; ab get value select
    ab check '[type=checkbox]' > /dev/null; ab is checked '[type=checkbox]'
    ab hover h1 > /dev/null; ab get title
    ab find role button click --name Send > /dev/null; ab wait --text 'Thank you' > /dev/null
    ab get text p
    ab frame iframe > /dev/null; ab click button > /dev/null; ab get text button; ab frame main > /dev/null
    ab scroll down 500 > /dev/null; ab eval 'scrollY > 0'
    ab wait 10 > /dev/null; ab wait '#who' > /dev/null
    ab click 'a[href="/next"]' > /dev/null; ab wait --load networkidle > /dev/null; ab get url
    ab back > /dev/null; ab get url`)
  expect(output.split('\n')).toEqual([
    'Form',
    ...['textbox "Name"', 'button "Send"', 'link "Next page"'],
    '0',
    'Ada',
    'Ada Lovelace',
    'Grace Hopper',
    'Sent',
    'large',
    'true',
    'Hovered',
    'Thank you',
    'Clicked',
    'true',
    `${site.url}/next`,
    `${site.url}/form`,
  ])
})

test('a screenshot lands in the work folder, where every language finds it', async () => {
  await bash(`agent-browser open ${site.url}/form; agent-browser screenshot`)
  const code = `const { readdirSync, readFileSync } = require('node:fs')
    readdirSync('.').filter((name) => name.endsWith('.png')).map((name) => readFileSync(name).toString('latin1', 1, 4))`
  expect(await node(code)).toBe('["PNG"]')
  await bash(
    'agent-browser screenshot page.png; test -s page.png; test -d ~/.agent-browser && exit 1; true',
  )
})

test('files go both ways through the work folder', async () => {
  const { authority } = await siteForTest(({ url }, response) => {
    if (url === '/file') {
      response.setHeader('content-disposition', 'attachment; filename=file.txt')
      response.end('from the site')
      return
    }
    response.setHeader('content-type', 'text/html')
    response.end(`<a href="/file">File</a><input type="file" onchange="
      this.files[0].text().then((text) => document.title = this.files[0].name + ': ' + text)">`)
  })
  await bash(`agent-browser open http://${authority}/; printf 'from bash' > up.txt
    agent-browser upload input up.txt; agent-browser wait --fn 'document.title !== ""'`)
  expect(await node('page.title()')).toBe('up.txt: from bash')
  await bash('agent-browser download a downloads/down.txt')
  expect(await node(`require('node:fs').readFileSync('downloads/down.txt', 'utf8')`)).toBe(
    'from the site',
  )
})

describe('dialogs', () => {
  test('of other code are left to it', async () => {
    await bash('agent-browser get url')
    await node(`globalThis.settled = []
      page.on('dialog', async (dialog) => { await dialog.accept(); settled.push(dialog.message()) })`)
    expect(await node(`await page.evaluate(() => alert('for node')); settled`)).toBe('["for node"]')
    await node(`page.removeAllListeners('dialog')`)
  })

  test('that its own commands open do not hold them up', async () => {
    await bash(`agent-browser open ${site.url}/counter; agent-browser eval 'alert("for bash")'`)
    expect(await bash('agent-browser get title')).toBe('Counter')
  })

  test('that were left open are settled when it comes to them', async () => {
    await bash(`agent-browser open ${site.url}/counter`)
    // A kernel does not start while a dialog keeps its page from answering.
    await node('page.url()')
    const client = await RawClient.connect(session.cdpUrl)
    const page = await client.attach()
    await client.send('Page.enable', {}, page)
    const opened = client.nextEvent('Page.javascriptDialogOpening')
    const closed = client.nextEvent('Page.javascriptDialogClosed')
    await client.send('Runtime.evaluate', { expression: 'setTimeout(() => alert(1)); 0' }, page)
    await opened
    expect(await node('1 + 1')).toBe('2')
    expect(client.received.map(({ method }) => method)).not.toContain('Page.javascriptDialogClosed')
    await bash('agent-browser wait 1')
    await closed
    expect(await bash('agent-browser get title')).toBe('Counter')
    await client.close()
  })
})

test('another shell after a killed one has it at once, on the same tab', async () => {
  await bash(`agent-browser open ${site.url}/counter; agent-browser click button`)
  expect(await run('bash', 'while true; do agent-browser click button; done', 1)).toMatchObject({
    killed: true,
  })
  const counted = await node('page.textContent("output")')
  const { result } = await run(
    'bash',
    'agent-browser get text output; agent-browser tab list | wc -l',
  )
  expect(result).toBe(`${counted}\n1`)
  expect(await node('page.textContent("output")')).toBe(counted)
})

test('a page that does not answer holds nothing up longer than the timeout', async () => {
  await bash(`agent-browser open ${site.url}/counter`)
  const busy = site.nextRequest('/busy')
  await node(`page.evaluate(() => setTimeout(() => {
    const request = new XMLHttpRequest()
    request.open('GET', '/busy', false)
    request.send()
    while (true) {}
  })).catch(() => {}); null`)
  await busy
  expect(await run('bash', 'agent-browser get url', 2)).toMatchObject({ killed: true })
  const next = await run('bash', `agent-browser tab new ${site.url}/; agent-browser get title`, 20)
  expect(next).toMatchObject({ killed: false, exitCode: 0 })
  expect(next.result).toMatch(/Home$/)
})

// Last: it ends the session.
test('its daemon goes with the session', async () => {
  await bash('agent-browser get url')
  const daemon = ({ commandLine }: SessionProcess): boolean =>
    /^\S+agent-browser-/.test(commandLine)
  expect((await processesOf(session.id)).filter(daemon)).toHaveLength(1)
  await server.api('DELETE', `/v2/interact/${session.id}`)
  expect(await processesOf(session.id)).toEqual([])
})
