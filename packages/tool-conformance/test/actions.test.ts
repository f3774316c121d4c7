import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { SessionPool } from '@tandem-browser/core/pool'
import {
  type ActInput,
  type ToolContext,
  type ToolProgress,
  type ToolResult,
  tools,
} from '@tandem-browser/core/tools'
import { Backend } from '../src/describe-conformance.ts'

const page = `<title>Actions</title>
  <button onclick="document.title = 'Clicked'" ondblclick="document.title = 'Twice'">Press me</button>
  <h2 onmouseenter="document.title = 'Hovered'">Hover here</h2>
  <label>Field <input id="field" onkeydown="if (event.key === 'Enter') document.title = 'Entered ' + value"></label>
  <label>Fixed <input id="fixed" readonly value="as it is"></label>
  <label>Short <input id="short" maxlength="3"></label>
  <label>Choice <select id="choice"><option>first</option><option>second</option></select></label>
  <label><input id="unchecked" type="checkbox"> Open</label>
  <label><input id="box" type="checkbox" checked> Box</label>
  <div contenteditable aria-label="Editor" id="editor">old text</div>
  <p><span id="words">Plain words</span></p>
  <button onclick="setTimeout(() => later.textContent = 'It is here', 300)">Later</button>
  <p id="later"></p>
  <button onclick="alert('Watch out')">Warn</button>
  <button onclick="document.title = 'Name: ' + prompt('Who are you?')">Who</button>
  <a href="/tab" target="_blank">New tab</a>
  <iframe srcdoc="<button onclick=&quot;textContent = 'Done'&quot;>Inside</button>"></iframe>
  <div style="position: relative"><button>Below</button>
    <div style="position: absolute; inset: 0">Cover</div></div>
  <div style="height: 3000px"></div><h2>The end</h2>
  <script>words.addEventListener('click', () => document.title = 'Words')</script>`

let backend: Backend
let pool: SessionPool
let context: ToolContext
beforeAll(async () => {
  backend = await Backend.start({ '/actions': page, '/tab': '<title>Tab</title><p>In a tab' })
  pool = new SessionPool({ tandem: backend.tandem })
  context = { pool, key: 'actions' }
})
afterAll(async () => {
  await pool.close()
  await backend.close()
})

const open = (path = '/actions') =>
  tools.openPage.execute({ url: backend.site.url + path }, context)
const act = (input: ActInput) => tools.act.execute(input, context)
const evaluate = async (code: string) => {
  const { artifact } = await tools.executeCode.execute(
    { code: `await page.evaluate(() => ${code})` },
    context,
  )
  return artifact.execution?.result
}
const title = (result: ToolResult) => result.artifact.page?.title

describe('an action', () => {
  beforeEach(() => open())

  test.each<[ActInput & { target: string }, string, string]>([
    [{ action: 'click', target: 'Press me' }, 'document.title', 'Clicked'],
    [{ action: 'doubleClick', target: 'Press me' }, 'document.title', 'Twice'],
    [{ action: 'hover', target: 'Hover here' }, 'document.title', 'Hovered'],
    [{ action: 'fill', target: 'Field', value: 'filled' }, 'field.value', 'filled'],
    [{ action: 'type', target: 'Field', value: 'typed' }, 'field.value', 'typed'],
    [{ action: 'press', target: 'Field', value: 'x' }, 'field.value', 'x'],
    [{ action: 'select', target: 'Choice', value: 'second' }, 'choice.value', 'second'],
    [{ action: 'check', target: 'Open' }, 'unchecked.checked', 'true'],
    [{ action: 'uncheck', target: 'Box' }, 'box.checked', 'false'],
    [{ action: 'scroll', target: 'The end' }, 'scrollY > 2000', 'true'],
  ])('%j does what a person would, by text and by ref', async (input, effect, expected) => {
    const byText = await act(input)
    expect(byText.status).toBe('ok')
    expect(await evaluate(effect)).toBe(expected)

    const { text } = await open()
    expect(await evaluate(effect)).not.toBe(expected)
    const ref = new RegExp(`"[^"]*${input.target}[^"]*"[^\\n]*\\bref=(e\\d+)`).exec(text)?.[1]
    expect(ref).toBeDefined()
    expect((await act({ ...input, target: `@${ref}` })).status).toBe('ok')
    expect(await evaluate(effect)).toBe(expected)
  })

  test('finds words that are in no element', async () => {
    expect(title(await act({ action: 'click', target: 'plain words' }))).toBe('Words')
  })

  test('types where the cursor is, presses keys, and fills anew', async () => {
    await act({ action: 'type', target: 'Field', value: 'one ' })
    await act({ action: 'type', value: 'two' })
    expect(title(await act({ action: 'press', value: 'Enter' }))).toBe('Entered one two')
    await act({ action: 'fill', target: 'Field', value: 'three' })
    expect(title(await act({ action: 'press', target: 'Field', value: 'Enter' }))).toBe(
      'Entered three',
    )
    await act({ action: 'fill', target: 'Field', value: '' })
    expect(await evaluate('field.value')).toBe('')
  })

  test('fills an editor, and replaces what is in it', async () => {
    const result = await act({ action: 'fill', target: 'Editor', value: 'new --text' })
    expect(result.status).toBe('ok')
    expect(await evaluate('editor.innerText')).toBe('new --text')
    await act({ action: 'fill', target: 'Editor', value: '' })
    expect(await evaluate('editor.innerText.trim()')).toBe('')
  })

  test('tells when a field does not take a text', async () => {
    const fixed = await act({ action: 'fill', target: 'Fixed', value: 'other' })
    expect(fixed).toMatchObject({ status: 'error', code: 'action_failed' })
    const short = await act({ action: 'fill', target: 'Short', value: 'too long' })
    expect(short.text).toMatch(/something else/)
  })

  test('scrolls by pixels, and to an element', async () => {
    await act({ action: 'scroll', amount: 500 })
    expect(await evaluate('scrollY')).toBe('500')
    await act({ action: 'scroll', direction: 'up', amount: 200 })
    expect(await evaluate('scrollY')).toBe('300')
    await act({ action: 'scroll', target: 'Press me' })
    expect(await evaluate('scrollY')).toBe('0')
  })

  test('waits for a text, for a time, and for a quiet page', async () => {
    await act({ action: 'click', target: 'Later' })
    expect((await act({ action: 'wait', value: 'It is here' })).text).toContain('It is here')
    expect((await act({ action: 'wait', amount: 10 })).status).toBe('ok')
    expect((await act({ action: 'wait' })).status).toBe('ok')
  })

  test('goes back, forward, and reloads', async () => {
    await open('/form')
    expect(title(await act({ action: 'back' }))).toBe('Actions')
    expect(title(await act({ action: 'forward' }))).toBe('Order')
    await act({ action: 'fill', target: 'Name', value: 'gone soon' })
    expect((await act({ action: 'reload' })).text).not.toContain('gone soon')
  })

  test('reaches into frames, and follows into new tabs', async () => {
    expect((await act({ action: 'click', target: 'Inside' })).text).toContain('button "Done"')
    const tab = await act({ action: 'click', target: 'New tab' })
    expect(title(tab)).toBe('Tab')
    expect((await tools.readPage.execute({}, context)).text).toContain('In a tab')
    await tools.executeCode.execute({ code: 'agent-browser tab close', language: 'bash' }, context)
  })

  test('says what lies over an element', async () => {
    const result = await act({ action: 'click', target: 'Below' })
    expect(result).toMatchObject({ status: 'error', code: 'action_failed' })
    expect(result.text).toMatch(/covered[^]*Close or use that first/)
  })

  test('tells of dialogs: of an alert, of a question, and of its answer', async () => {
    expect((await act({ action: 'click', target: 'Warn' })).text).toMatch(/dialog.*was accepted/)
    const asked = await act({ action: 'click', target: 'Who' })
    expect(asked.status).toBe('ok')
    expect(asked.text).toMatch(/Who are you\?[^]*'acceptDialog'/)
    const blocked = await act({ action: 'click', target: 'Press me' })
    expect(blocked).toMatchObject({ status: 'error', code: 'dialog_open' })
    expect(title(await act({ action: 'acceptDialog', value: '--help' }))).toBe('Name: --help')
    await act({ action: 'click', target: 'Who' })
    expect(title(await act({ action: 'dismissDialog' }))).toBe('Name: null')
    expect(await act({ action: 'dismissDialog' })).toMatchObject({ status: 'error' })
  })

  test('on a ref that stands for something else now is not done unasked', async () => {
    const ref = /button "Press me" \[ref=(e\d+)\]/.exec((await open()).text)?.[1]
    await evaluate(`document.querySelector('button').textContent = 'Delete all'`)
    const refused = await act({ action: 'click', target: `@${ref}` })
    expect(refused).toMatchObject({ status: 'error', code: 'element_not_found' })
    expect(refused.text).toContain('button "Delete all"')
    expect(await evaluate('document.title')).toBe('Actions')
    expect(title(await act({ action: 'click', target: `@${ref}` }))).toBe('Clicked')
  })

  test('that changes nothing says so instead of repeating the page', async () => {
    const result = await act({ action: 'press', target: 'Box', value: 'Shift' })
    expect(result.text).toContain('looks the same as before')
    expect(result.text.length).toBeLessThan(500)
  })

  test('on a large page tells what changed', async () => {
    const opened = await open('/large')
    const ref = /"Item 5 .*ref=(e\d+)/.exec(opened.text)?.[1]
    await evaluate(`document.querySelector('a[href="/item/5"]').onclick = () => {
      event.preventDefault(); event.target.textContent = 'Sold out' }`)
    const { text } = await act({ action: 'click', target: `@${ref}` })
    expect(text).toMatch(/New or different:\n.*Sold out[^]*Gone:\n.*Item 5/)
    expect(text.length).toBeLessThan(1500)
  })
})

describe('the application', () => {
  test('hears of the session before the work, of steps, and of output as it comes', async () => {
    const heard: ToolProgress[] = []
    // A kernel that is new says so once.
    await evaluate('1')
    const listening = { ...context, onProgress: (progress: ToolProgress) => heard.push(progress) }
    await tools.executeCode.execute({ code: `console.log('one'); console.error('two')` }, listening)
    expect(heard.map(({ type }) => type)).toEqual(['session', 'step', 'stdout', 'stderr'])
    expect(heard[0]).toMatchObject({ session: { id: pool.get('actions')?.id } })
  })

  test('bounds pictures and waiting', async () => {
    await open('/actions')
    const settings = { maxImageBytes: 100 }
    const picture = await tools.screenshot.execute({}, { ...context, settings })
    expect(picture).toMatchObject({ status: 'error', code: 'action_failed', images: [] })
    const hasty = { ...context, settings: { pageTimeout: 1 } }
    const waited = await tools.act.execute({ action: 'wait', amount: 20_000 }, hasty)
    expect(waited).toMatchObject({ status: 'error', code: 'timeout' })
    expect((await open('/form')).status).toBe('ok')
  })

  test('takes a picture of a whole page, unless it is too long for any model', async () => {
    await open('/actions')
    const whole = await tools.screenshot.execute({ fullPage: true }, context)
    expect(whole.text).toMatch(/whole page, \d+ × 3\d\d\d pixels/)
    await evaluate(`document.body.style.height = '20000px'`)
    const long = await tools.screenshot.execute({ fullPage: true }, context)
    expect(long).toMatchObject({ status: 'error', code: 'action_failed' })
  })
})
