import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findEngine } from '../../server/src/browser/engine.ts'
import { pageTextScript, readPageText } from '../src/tools/page-text.ts'

let browser: Browser
let page: Page
beforeAll(async () => {
  const engine = await findEngine()
  browser = await chromium.launch({
    executablePath: engine.executablePath,
    env: { ...process.env, ...engine.env },
    args: [...engine.args],
    chromiumSandbox: false,
  })
  page = await browser.newPage()
})
afterAll(() => browser?.close())

async function textOf(html: string, format: 'markdown' | 'text' = 'markdown'): Promise<string> {
  await page.setContent(`<base href="https://shop.example/a/">${html}`)
  return readPageText(await page.evaluate(pageTextScript(format))).text
}

test.each([
  [
    'headings and paragraphs',
    '<h1>One</h1><p>two  <b>three</b>\nfour</p>',
    '# One\n\ntwo **three** four',
  ],
  ['links, absolute', '<p><a href="../b">To <i>b</i></a></p>', '[To *b*](https://shop.example/b)'],
  [
    'links around blocks',
    '<a href="/c"><div><h2>Card</h2><p>Text</p></div></a>',
    '[## Card Text](https://shop.example/c)',
  ],
  ['links that run code', '<a href="javascript:alert(1)">Run</a>', 'Run'],
  [
    'lists in lists',
    '<ol start=3><li>a<ul><li>b</li></ul></li><li>c</li></ol>',
    '3. a\n   - b\n4. c',
  ],
  ['code', '<pre>if (a)\n  b()</pre><p><code>x</code></p>', '```\nif (a)\n  b()\n```\n\n`x`'],
  ['quotations', '<blockquote><p>a</p><p>b</p></blockquote><hr>', '> a\n> \n> b\n\n---'],
  [
    'pictures',
    '<img src="/d.png" alt="A dog"><img src="/e.png">',
    '![A dog](https://shop.example/d.png)',
  ],
  ['line breaks', '<p>a<br>b</p>', 'a\nb'],
  [
    'tables',
    '<table><caption>Prices</caption><tr><th>What<th>How much</tr><tr><td>a|b<td>1</tr><tr><td>c</tr></table>',
    'Prices\n\n| What | How much |\n| --- | --- |\n| a\\|b | 1 |\n| c |  |',
  ],
  [
    'fields, but no passwords',
    '<input value="Ada"><input type=password value="secret"><select><option>S</select><textarea placeholder=More></textarea>',
    '[Ada][S][More]',
  ],
  [
    'nothing that is hidden',
    '<p hidden>a</p><p style="display:none">b</p><script>c</script><style>d{}</style><noscript>e</noscript><template>f</template><p>g</p>',
    'g',
  ],
])('a page as Markdown has %s', async (_, html, expected) => {
  expect(await textOf(html)).toBe(expected)
})

test('what is in frames and shadow trees belongs to the page', async () => {
  const html = `<div id=host>light</div><iframe srcdoc="<h2>Framed</h2>"></iframe>`
  await page.setContent(html)
  await page.evaluate(
    `host.attachShadow({ mode: 'open' }).innerHTML = '<h2>Shadow</h2><slot></slot>'`,
  )
  await page.frames()[1]?.waitForSelector('h2')
  const { text } = readPageText(await page.evaluate(pageTextScript('markdown')))
  expect(text).toBe('## Shadow\n\nlight\n\n## Framed')
})

test('the text of a page is what is visible of it', async () => {
  expect(await textOf('<h1>One</h1><p hidden>no</p><p>two</p>', 'text')).toBe('One\n\ntwo')
})

test('a long page is cut, and says so', async () => {
  await page.setContent('')
  await page.evaluate(`document.body.textContent = '😀'.repeat(200_000)`)
  const { text, cut } = readPageText(await page.evaluate(pageTextScript('markdown')))
  expect(cut).toBe(true)
  expect(text).toHaveLength(250_000)
  expect(text.isWellFormed()).toBe(true)
})

test('a page that is nested too deep, or fights back, gives its text', async () => {
  await page.setContent('')
  await page.evaluate(`{
    let inner = document.body
    for (let i = 0; i < 4000; i++) inner = inner.appendChild(document.createElement('span'))
    inner.textContent = 'end'
  }`)
  expect(readPageText(await page.evaluate(pageTextScript('markdown'))).text).toContain('end')
  await page.setContent('<p>fight</p>')
  await page.evaluate(`globalThis.getComputedStyle = () => { throw new Error('no') }`)
  expect(readPageText(await page.evaluate(pageTextScript('markdown'))).text).toContain('fight')
})

test('an answer that a page has made up is no more than text', () => {
  for (const answer of [null, 7, 'text', [], { text: 7 }, { text: { toString: 1 }, total: 'x' }]) {
    expect(readPageText(answer)).toEqual({ text: '', cut: false })
  }
})
