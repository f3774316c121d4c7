import type { CreateSessionResponse } from '@tandem-browser/core'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { PageServer } from './page-server.ts'
import { LivePage, launchViewer } from './support/live-page.ts'
import { browserOf, renderersOf } from './support/session-processes.ts'
import { TestServer } from './support/test-server.ts'

let server: TestServer
let site: PageServer
let browser: Browser
let session: CreateSessionResponse

/** Nine buttons in a grid; the title names the last that was pressed, and how. */
const grid = `<title>none</title><style>body { margin: 0 } button { position: absolute; width: 30px; height: 30px; padding: 0 }</style>
  ${[40, 640, 1240]
    .flatMap((x) => [40, 360, 680].map((y) => [x, y] as const))
    .map(
      ([x, y]) =>
        `<button style="left: ${x - 15}px; top: ${y - 15}px" data-at="${x},${y}"></button>`,
    )
    .join('')}
  <script>addEventListener('click', ({ target, pointerType, detail }) => {
    document.title = (target.dataset?.at ?? 'beside') + ' ' + pointerType + ' ' + detail
  })</script>`

/** Reads the clock off the picture; -1 when the picture is not that page. */
const readClock = `(() => {
  const canvas = document.querySelector('canvas')
  const context = canvas.getContext('2d')
  const scale = canvas.width / 1280
  let tenths = 0
  for (let bit = 0; bit < 32; bit += 1) {
    const [red] = context.getImageData((bit * 40 + 20) * scale, 20 * scale, 1, 1).data
    if (red > 127) tenths += 2 ** bit
  }
  const { data } = context.getImageData(640 * scale, 400 * scale, 1, 1)
  return Math.abs(data[1] - 128) < 16 ? tenths : -1
})()`

/** A clock that pictures can be read of: 32 squares, white for the ones of the tenths of seconds. */
const clock = `<title>Clock</title><style>body { margin: 0; background: rgb(0, 128, 64) } i { position: absolute; top: 0; width: 40px; height: 40px }</style>
  ${Array.from({ length: 32 }, (_, bit) => `<i style="left: ${bit * 40}px"></i>`).join('')}
  <script>
    const squares = [...document.querySelectorAll('i')]
    const show = () => {
      const tenths = Math.floor(Date.now() / 100) >>> 0
      squares.forEach((square, bit) => { square.style.background = (tenths >>> bit) & 1 ? '#fff' : '#000' })
      requestAnimationFrame(show)
    }
    show()
  </script>`

const fields = `<title>Fields</title><style>body { margin: 0 } body > * { position: absolute; left: 20px; width: 300px; height: 30px }</style>
  <input id="text" style="top: 20px">
  <select id="list" style="top: 70px" onchange="document.title = 'chosen ' + value"><option>small</option><option disabled>none</option><optgroup label="More"><option>large</option></optgroup></select>
  <input id="date" type="date" style="top: 120px" onchange="document.title = 'date ' + value">
  <input id="file" type="file" style="top: 170px" onchange="document.title = 'file ' + files[0].name + ' ' + files[0].size">
  <button style="top: 220px" onclick="document.title = 'answer ' + prompt('Your name?', 'Ada')">Ask</button>
  <div id="drop" style="top: 270px; background: #ddd">Drop here</div>
  <p id="words" style="top: 320px">Some words to copy</p>
  <script>
    const drop = document.getElementById('drop')
    drop.ondragover = (event) => event.preventDefault()
    drop.ondrop = (event) => { event.preventDefault(); document.title = 'dropped ' + event.dataTransfer.files[0]?.name }
  </script>`

beforeAll(async () => {
  ;[server, site, browser] = await Promise.all([
    TestServer.start(),
    PageServer.start(),
    launchViewer(),
  ])
  site.serve('/grid', grid)
  site.serve('/clock', clock)
  site.serve('/fields', fields)
  site.serve('/red', '<body style="margin: 0; background: rgb(200, 0, 0)">')
  site.serve(
    '/popup',
    `<body style="margin: 0; background: rgb(0, 0, 200)" onclick="window.open('/red')">`,
  )
})

afterAll(async () => {
  await browser.close()
  await server.close()
  await site.close()
})

// The tests share a session, but for those that end it.
beforeEach(async () => {
  const path = session ? `/v2/interact/${session.id}/control` : undefined
  const { status } = path
    ? await server.api('POST', path, { action: 'hand_back' })
    : { status: 404 }
  if (status !== 200) session = await server.createSession()
})

const execute = (code: string) => server.api('POST', `/v2/interact/${session.id}/execute`, { code })

const show = (path: string) => execute(`await page.goto('${site.url}${path}')`)

/** Waits until the page has that title, and fails with the one that it has. */
async function untilTitle(title: string): Promise<void> {
  const { body } = await execute(`await page.waitForFunction(
    (title) => document.title === title, ${JSON.stringify(title)}, { timeout: 5000 })
    .then(() => page.title(), () => page.title())`)
  expect(body['result']).toBe(title)
}

const evaluate = async (expression: string): Promise<unknown> =>
  (await execute(`await page.evaluate(() => ${expression})`)).body['result']

describe('the picture', () => {
  test('has the page in it as it is now, in a frame of another site, with no secret in its address', async () => {
    await show('/clock')
    site.serve(
      '/app',
      `<body style="margin: 0"><iframe src="${session.liveViewUrl}" style="border: 0; width: 1280px; height: 800px"></iframe>`,
    )
    await using live = await LivePage.open(browser, `${site.url}/app`, {
      viewport: { width: 1280, height: 800 },
    })
    const frame = live.page.frames().find((candidate) => candidate.url().includes('/live/'))
    await frame?.waitForSelector('#stage[data-state="live"]')
    const [token] = [new URL(session.liveViewUrl).hash.slice(1)]
    expect(frame?.url()).not.toContain(token)
    // Nor is it in what the browser of that person keeps of where it has been.
    const devtools = await live.context.newCDPSession(live.page)
    const history = await devtools.send('Page.getNavigationHistory')
    const tree = await devtools.send('Page.getFrameTree')
    expect(JSON.stringify([history, tree])).not.toContain(token)
    const read = async (): Promise<unknown> => frame?.evaluate(readClock)
    const first = await read()
    const now = Math.floor(Date.now() / 100) >>> 0
    expect(Math.abs(now - Number(first))).toBeLessThan(30)
    await expect.poll(read, { timeout: 5_000 }).toBeGreaterThan(Number(first) + 3)
  })

  test('follows the page to another site, and to the tab that it opens', async () => {
    await show('/red')
    await using live = await LivePage.open(browser, session.interactiveLiveViewUrl)
    await live.until('live')
    await live.untilColor(600, 300, [200, 0, 0])
    // Another name is another site, and another process.
    const elsewhere = site.url.replace('127.0.0.1', 'localhost')
    expect((await execute(`await page.goto('${elsewhere}/popup')`)).body).not.toHaveProperty(
      'error',
    )
    await live.untilColor(600, 300, [0, 0, 200])
    await live.click(600, 300)
    await live.untilColor(600, 300, [200, 0, 0])
    expect(await live.page.getByRole('tab').count()).toBe(2)
    await live.page
      .getByRole('button', { name: /^Close/ })
      .last()
      .click()
    await live.untilColor(600, 300, [0, 0, 200])
  })
})

describe('a hand on the page', () => {
  test.each([
    [1280, 900, 1],
    [1280, 900, 2],
    [800, 600, 1],
    [800, 600, 2],
    [390, 760, 1],
    [390, 760, 2],
  ])(
    'lands where it should, in a window of %i × %i at %i pixels a pixel',
    async (width, height, scale) => {
      await show('/grid')
      await using live = await LivePage.open(browser, session.interactiveLiveViewUrl, {
        viewport: { width, height },
        deviceScaleFactor: scale,
      })
      await live.until('live')
      for (const [x, y] of [
        [40, 40],
        [1240, 680],
        [640, 360],
      ] as const) {
        await live.click(x, y)
        await untilTitle(`${x},${y} mouse 1`)
      }
    },
  )

  test('double-clicks, and taps as a finger does', async () => {
    await show('/grid')
    await using live = await LivePage.open(browser, session.interactiveLiveViewUrl, {
      hasTouch: true,
    })
    await live.until('live')
    const place = await live.screen(640, 360)
    await live.page.mouse.dblclick(place.x, place.y)
    await untilTitle('640,360 mouse 2')
    await live.page.touchscreen.tap(place.x, place.y)
    await untilTitle('640,360 touch 1')
  })

  test('types, selects all, pastes, undoes, and leaves by Shift+Escape', async () => {
    await show('/fields')
    await using live = await LivePage.open(browser, session.interactiveLiveViewUrl)
    await live.until('live')
    await live.click(60, 35)
    await live.page.keyboard.type('Grüße, 世界!')
    await expect.poll(() => evaluate(`document.getElementById('text').value`)).toBe('Grüße, 世界!')
    await live.page.keyboard.press('Control+a')
    await live.page.evaluate(`(() => {
      const clipboardData = new DataTransfer()
      clipboardData.setData('text/plain', 'pasted')
      const options = { clipboardData, bubbles: true, cancelable: true }
      document.activeElement.dispatchEvent(new ClipboardEvent('paste', options))
    })()`)
    await expect.poll(() => evaluate(`document.getElementById('text').value`)).toBe('pasted')
    await live.page.keyboard.press('Shift+Escape')
    expect(await live.page.evaluate('document.activeElement.textContent')).toBe('Take over')
  })

  test('composes what an input method writes', async () => {
    await show('/fields')
    await using live = await LivePage.open(browser, session.interactiveLiveViewUrl)
    await live.until('live')
    await live.click(60, 35)
    const keys = await live.context.newCDPSession(live.page)
    await keys.send('Input.imeSetComposition', { text: 'に', selectionStart: 1, selectionEnd: 1 })
    await expect.poll(() => evaluate(`document.getElementById('text').value`)).toBe('に')
    await keys.send('Input.insertText', { text: '日本' })
    await expect.poll(() => evaluate(`document.getElementById('text').value`)).toBe('日本')
  })

  test('chooses in lists and calendars, which no picture shows', async () => {
    await show('/fields')
    await using live = await LivePage.open(browser, session.interactiveLiveViewUrl)
    await live.until('live')
    await live.click(60, 85)
    const options = live.page.getByRole('option')
    await expect.poll(() => options.allTextContents()).toEqual(['small', 'none', 'large'])
    expect(await options.nth(1).isDisabled()).toBe(true)
    await options.nth(2).click()
    await untilTitle('chosen large')
    await live.click(60, 135)
    await live.page.locator('.picker input').fill('2026-11-28')
    await live.page.getByRole('button', { name: 'Set' }).click()
    await untilTitle('date 2026-11-28')
  })

  test('answers dialogs', async () => {
    await show('/fields')
    await using live = await LivePage.open(browser, session.interactiveLiveViewUrl)
    await using watching = await LivePage.open(browser, session.liveViewUrl)
    await Promise.all([live.until('live'), watching.until('live')])
    await live.click(60, 235)
    const answer = live.page.getByRole('textbox', { name: 'Answer' })
    await answer.fill('Grace')
    await watching.page.getByText('It waits for an answer.').waitFor()
    await live.page.getByRole('button', { name: 'OK' }).click()
    await untilTitle('answer Grace')
    await watching.page.getByText('It waits for an answer.').waitFor({ state: 'detached' })
  })

  test('brings files: when the page asks, and by dropping them', async () => {
    await show('/fields')
    await using live = await LivePage.open(browser, session.interactiveLiveViewUrl)
    await live.until('live')
    await live.click(60, 185)
    const choose = live.page.getByRole('button', { name: 'Choose a file' })
    const [chooser] = await Promise.all([live.page.waitForEvent('filechooser'), choose.click()])
    await chooser.setFiles({
      name: 'note.txt',
      mimeType: 'text/plain',
      buffer: Buffer.from('four'),
    })
    await untilTitle('file note.txt 4')
    const place = await live.screen(100, 285)
    await live.page.evaluate(`(() => {
      const dataTransfer = new DataTransfer()
      dataTransfer.items.add(new File(['dropped'], 'dropped.txt'))
      const place = { clientX: ${place.x}, clientY: ${place.y} }
      const options = { dataTransfer, ...place, bubbles: true, cancelable: true }
      document.getElementById('stage').dispatchEvent(new DragEvent('drop', options))
    })()`)
    await untilTitle('dropped dropped.txt')
  })

  test('copies what is selected', async () => {
    await show('/fields')
    await using live = await LivePage.open(browser, session.interactiveLiveViewUrl)
    await live.until('live')
    const [from, to] = [await live.screen(22, 347), await live.screen(300, 347)]
    await live.page.mouse.move(from.x, from.y)
    await live.page.mouse.down()
    await live.page.mouse.move(to.x, to.y, { steps: 3 })
    await live.page.mouse.up()
    await expect.poll(() => evaluate(`String(getSelection())`)).toContain('Some words')
    await live.page.evaluate(`(() => {
      // The clipboard of a secure context; here it is only heard what would be put into it.
      const heard = { writeText: async (text) => { document.copied = text } }
      Object.defineProperty(navigator, 'clipboard', { value: heard })
      const options = { bubbles: true, cancelable: true }
      document.activeElement.dispatchEvent(new ClipboardEvent('copy', options))
    })()`)
    await expect.poll(() => live.page.evaluate('document.copied')).toContain('Some words')
  })

  test('goes to addresses, back, forward, and to new tabs', async () => {
    await show('/red')
    await using live = await LivePage.open(browser, session.interactiveLiveViewUrl)
    await live.until('live')
    const address = live.page.getByRole('textbox', { name: 'Address' })
    await address.fill(`${site.url.replace('http://', '')}/popup`)
    await address.press('Enter')
    await live.untilColor(600, 300, [0, 0, 200])
    await live.page.getByRole('button', { name: 'Back' }).click()
    await live.untilColor(600, 300, [200, 0, 0])
    await live.page.getByRole('button', { name: 'Forward' }).click()
    await live.untilColor(600, 300, [0, 0, 200])
    await address.fill('file:///etc/passwd')
    await address.press('Enter')
    await live.page.getByText('A page can be at http and https addresses.').first().waitFor()
    await live.page.getByRole('button', { name: 'New tab' }).click()
    await live.untilColor(600, 300, [255, 255, 255])
    await live.page
      .getByRole('button', { name: /^Close/ })
      .last()
      .click()
    await live.untilColor(600, 300, [0, 0, 200])
  })

  test('is not held up by a storm of the wheel', async () => {
    await show('/grid')
    await using live = await LivePage.open(browser, session.interactiveLiveViewUrl)
    await live.until('live')
    const place = await live.screen(640, 360)
    await live.page.evaluate(`(() => {
      const canvas = document.querySelector('canvas')
      for (let turn = 0; turn < 300; turn += 1) {
        const deltaY = turn % 2 === 0 ? 40 : -40
        const options = { deltaY, clientX: ${place.x}, clientY: ${place.y}, cancelable: true }
        canvas.dispatchEvent(new WheelEvent('wheel', options))
      }
    })()`)
    await live.page.mouse.click(place.x, place.y)
    await untilTitle('640,360 mouse 1')
  })
})

describe('when it does not go well', () => {
  test('a connection that breaks comes back by itself, with a picture', async () => {
    await show('/red')
    await using live = await LivePage.open(browser, session.liveViewUrl)
    await live.until('live')
    await live.context.setOffline(true)
    await live.until('reconnecting')
    await show('/popup')
    await live.context.setOffline(false)
    await live.until('live')
    await live.untilColor(600, 300, [0, 0, 200])
  })

  test('a page that crashes says so, and can be loaded again', async () => {
    await show('/red')
    await using live = await LivePage.open(browser, session.interactiveLiveViewUrl)
    await live.until('live')
    const renderers = await renderersOf(session.id)
    for (const pid of renderers) process.kill(pid, 'SIGKILL')
    await live.until('crashed')
    await live.page.getByRole('button', { name: 'Reload', exact: true }).last().click()
    await live.until('live')
    await live.untilColor(600, 300, [200, 0, 0])
  })

  test('a browser that dies, and a server that stops, are why it is over', async () => {
    const own = await TestServer.start()
    const [first, second] = [await own.createSession(), await own.createSession()]
    await using dead = await LivePage.open(browser, second.interactiveLiveViewUrl)
    await dead.until('live')
    process.kill(await browserOf(second.id), 'SIGKILL')
    await dead.until('ended')
    await dead.page.getByText('Its browser crashed.').first().waitFor()
    expect(await dead.page.getByRole('button').count()).toBe(0)
    await using live = await LivePage.open(browser, first.liveViewUrl)
    await live.until('live')
    await own.close()
    await live.until('ended')
    await live.page.getByText('The server was stopped.').first().waitFor()
  })

  test('an address without its secret, and one of a session that has expired, say what is wrong', async () => {
    await using live = await LivePage.open(browser, session.liveViewUrl.split('#')[0] as string)
    await live.until('refused')
    await using wrong = await LivePage.open(browser, `${session.liveViewUrl}x`)
    await wrong.until('refused')
    await server.api('DELETE', `/v2/interact/${session.id}`)
    await using late = await LivePage.open(browser, session.liveViewUrl)
    await late.until('ended')
  })
})
