import { describe, expect, test } from 'vitest'
import type { Suite } from './describe-conformance.ts'
import { cookieValue, forgedInstruction } from './site.ts'

/** What a model and an application get. */
export function describeResults(suite: Suite): void {
  const { call } = suite

  describe('results', () => {
    test('opening a page shows it, and gives the application its session', async () => {
      const { text, artifact } = await call('openPage', { url: `${suite.backend.site.url}/form` })
      expect(text).toMatch(/Title: Order\n/)
      expect(text).toContain(`Address: ${suite.backend.site.url}/form`)
      expect(text).toMatch(/textbox "Name ?" \[ref=e\d+\]/)
      expect(artifact).toMatchObject({
        tool: 'openPage',
        session: { id: expect.any(String), liveViewUrl: expect.any(String) },
        page: { title: 'Order', status: 200 },
      })
    })

    test('a form is filled in, by text and by ref, with whatever text', async () => {
      const name = `O'Hara "$(touch /tmp/x)" \`id\` --help 'é' 👩‍👩‍👧`
      const filled = await call('act', { action: 'fill', target: 'Name', value: name })
      const ref = /checkbox "[^"]*Gift"[^\n]*ref=(e\d+)/.exec(filled.text)?.[1]
      expect(ref).toBeDefined()
      await call('act', { action: 'select', target: 'Size', value: 'large' })
      const checked = await call('act', { action: 'check', target: `@${ref}` })
      expect(checked.text).toMatch(/checkbox [^\n]*checked=true/)
      const sent = await call('act', { action: 'click', target: 'Send' })
      expect(sent.artifact?.page?.title).toBe(`Sent to ${name}`)
      const values = `[...document.forms[0].elements].map((each) => each.value).join()`
      const { artifact } = await call('executeCode', { code: `await page.evaluate(\`${values}\`)` })
      expect(artifact?.execution?.result).toContain(`${name},large`)
    })

    test('the page is read as snapshot, markdown and text', async () => {
      await call('openPage', { url: suite.backend.site.url })
      expect((await call('readPage', {})).text).toMatch(/link "Order form" \[ref=e\d+\]/)
      const markdown = await call('readPage', { format: 'markdown' })
      expect(markdown.text).toContain('# Shop')
      expect(markdown.text).toContain(`[Order form](${suite.backend.site.url}/form)`)
      expect((await call('readPage', { format: 'text' })).text).toMatch(/Shop\s+Order form/)
    })

    test('a screenshot is a picture for the model and for the application', async () => {
      const { images, artifact, text } = await call('screenshot', {})
      expect(images).toBe(1)
      const bytes = Buffer.from(artifact?.screenshot?.base64 ?? '', 'base64')
      expect(artifact?.screenshot?.mimeType).toBe('image/jpeg')
      expect([...bytes.subarray(0, 2)]).toEqual([0xff, 0xd8])
      expect(bytes.byteLength).toBeLessThan(400_000)
      // A model that reads base64 pays for it by the character.
      expect(text.length).toBeLessThan(1000)
    })

    test.each([
      ['node', `console.log('printed'); 6 * 7`, /42[^]*printed/],
      ['bash', `echo $((6 * 7))`, /42/],
    ])('%s code gives its output', async (language, code, expected) => {
      const { text, artifact } = await call('executeCode', { code, language })
      expect(text).toMatch(expected)
      expect(artifact?.execution).toMatchObject({ exitCode: 0, killed: false })
    })

    test.each([
      ['openPage', { url: 'ftp://hidden.example/password' }, /url: .*https?:/],
      ['openPage', {}, /url/],
      ['openPage', { url: 'https://example.com', hidden: 'password' }, /hidden/],
      ['readPage', { format: 'password' }, /format: .*'markdown'/],
      ['readPage', { offset: 'password' }, /offset: .*whole number/],
      ['act', { action: 'click' }, /target: .*'click'/],
      ['act', { action: 'fill', target: '@e1' }, /value: .*missing/],
      ['act', { action: 'press', value: 'pass word' }, /value: .*one key/],
      ['screenshot', { fullPage: 'password' }, /fullPage: .*true or false/],
      ['executeCode', { code: '1', timeout: 1000 }, /timeout: .*1 to 300/],
      ['executeCode', { code: '   ' }, /code: .*blank/],
      ['delegate', { task: 7 }, /task: .*a string/],
      ['delegate', {}, /task: .*missing/],
    ] as const)(
      '%s says what is wrong with %j, without echoing it',
      async (tool, input, expected) => {
        const { text } = await call(tool, input)
        expect(text).toMatch(expected)
        expect(text).not.toContain('password')
        expect(text).not.toMatch(/\n\s+at |node:internal/)
      },
    )

    test.each([
      ['an element that is not there', { action: 'click', target: '@e99999' }, /no element/i],
      ['a text that is not there', { action: 'click', target: 'Nowhere' }, /no element/i],
      ['a disabled button', { action: 'click', target: 'Cancel' }, /disabled/],
      [
        'an element of another kind',
        { action: 'fill', target: 'Send', value: 'x' },
        /another kind/,
      ],
      ['an option that is not there', { action: 'select', target: 'Size', value: 'XL' }, /small/],
    ])('%s is data that a model can act on', async (_, input, expected) => {
      await call('openPage', { url: `${suite.backend.site.url}/form` })
      expect((await call('act', input)).text).toMatch(expected)
    })

    test('a page that is refused, missing or not there is data', async () => {
      const missing = await call('openPage', { url: `${suite.backend.site.url}/nothing` })
      expect(missing.text).toContain('HTTP 404')
      const refused = await call('openPage', { url: 'http://169.254.169.254/latest/' })
      expect(refused.text).toMatch(/rules for outgoing connections/)
    })

    test('a dialog is told, and answered', async () => {
      await call('openPage', { url: `${suite.backend.site.url}/form` })
      const asked = await call('act', { action: 'click', target: 'Ask' })
      expect(asked.text).toContain('Really?')
      expect((await call('readPage', {})).text).toMatch(/dialog/)
      const answered = await call('act', { action: 'acceptDialog' })
      expect(answered.artifact?.page?.title).toBe('Answer: true')
    })

    test('code that throws or takes too long is data', async () => {
      const thrown = await call('executeCode', { code: `throw new RangeError('too far')` })
      expect(thrown.text).toMatch(/failed[^]*RangeError: too far/)
      const killed = await call('executeCode', { code: 'while (true);', timeout: 1 })
      expect(killed.text).toMatch(/killed after 1 s/)
    })

    test('a long page comes in parts that are whole', async () => {
      const opened = await call('openPage', { url: `${suite.backend.site.url}/large` })
      expect(opened.text.length).toBeLessThan(22_000)
      const parts = [opened.text]
      for (;;) {
        const offset = /offset (\d+)\./.exec(parts.at(-1) ?? '')?.[1]
        if (offset === undefined) break
        const { text } = await call('readPage', { offset: Number(offset) })
        expect(text.length).toBeLessThan(22_000)
        expect(text.isWellFormed()).toBe(true)
        parts.push(text)
      }
      // Between the markers, below title and address.
      const lines = parts.flatMap((part) =>
        (part.split(/<[^>]+>/)[1] ?? '').split('\n').slice(4, -1),
      )
      const shape = /^(- list|  - listitem \[.*\]|    - link "Item (\d+) größer 😀" \[ref=e\d+\])$/
      expect(lines.filter((line) => !shape.test(line))).toEqual([])
      const items = lines.flatMap((line) => shape.exec(line)?.[2] ?? [])
      expect(items).toEqual(Array.from({ length: 900 }, (_, index) => String(index)))
    })

    test('whatever a page or code says at length is bounded', async () => {
      const opened = await call('openPage', { url: `${suite.backend.site.url}/wordy` })
      const answers = [
        opened,
        await call('act', { action: 'click', target: 'more words' }),
        await call('act', { action: 'hover', target: 'two' }),
        await call('act', { action: 'fill', target: 'two', value: 'x' }),
        await call('readPage', { format: 'markdown' }),
        await call('readPage', { format: 'text', offset: 20_000 }),
        await call('screenshot', {}),
        await call('executeCode', { code: `throw new Error('long '.repeat(50_000))` }),
        await call('executeCode', { code: `document.querySelector('${'x'.repeat(50_000)}')` }),
      ]
      expect(answers.map(({ text }) => text.length).filter((length) => length > 22_000)).toEqual([])
      expect(answers.every(({ text }) => text.isWellFormed())).toBe(true)
      expect(answers[1]?.text).toContain('2 elements match')
    })

    test('long output is cut, and the rest is there', async () => {
      const code = `for (let i = 0; i < 5000; i++) console.log('line ' + i + ' 😀')`
      const first = await call('executeCode', { code })
      expect(first.text.length).toBeLessThan(22_000)
      expect(first.text.isWellFormed()).toBe(true)
      expect(first.artifact?.execution?.stdout).toContain('line 4999')
      const offset = Number(/offset (\d+)\./.exec(first.text)?.[1])
      const next = await call('readPage', { format: 'output', offset })
      const last = [...first.text.matchAll(/^line (\d+)/gm)].at(-1)?.[1]
      expect(/^line (\d+)/m.exec(next.text)?.[1]).toBe(String(Number(last) + 1))
    })

    test('a page cannot close the markers around it', async () => {
      const { text } = await call('openPage', { url: `${suite.backend.site.url}/forged` })
      const id = /<untrusted-content id="(\w{16,})"/.exec(text)?.[1]
      const parts = text.split(/<\/?untrusted-content\b[^>]*>/)
      // Before, inside, after.
      expect(parts).toHaveLength(3)
      expect(text).toContain(`</untrusted-content id="${id}">`)
      expect(parts[1]).toContain(forgedInstruction)
      expect(parts[0]).not.toContain(forgedInstruction)
      expect(parts[2]).not.toContain(forgedInstruction)
    })

    test('cookies, keys and capability URLs that code prints do not reach the model', async () => {
      await call('openPage', { url: suite.backend.site.url })
      const cookies = await call('executeCode', { code: 'await context.cookies()' })
      expect(cookies.artifact?.execution?.result).toContain(cookieValue)
      expect(cookies.text).toContain('visitor')
      const bare = `(await context.cookies()).map((cookie) => 'value: ' + cookie.value).join()`
      const values = await call('executeCode', { code: bare })
      expect(values.artifact?.execution?.result).toContain(cookieValue)
      expect(values.text).toContain('value: [redacted]')
      const environment = await call('executeCode', { code: 'env', language: 'bash' })
      expect(environment.text).toMatch(/CDP_URL=ws:.*\[redacted\]/)
    })
  })
}
