import { describe, expect, test } from 'vitest'
import { AbortError, AuthenticationError, NotConfiguredError } from '@tandem-browser/core'
import type { ToolName } from '@tandem-browser/core/tools'
import type { Suite } from './describe-conformance.ts'

/** How sessions come, serve and go. */
export function describeLifecycle(suite: Suite): void {
  const { call } = suite
  /** Bash, because it is there at once; the variable stays from one call to the next. */
  const note = (letter: string, before = '') =>
    ({ code: `${before} order+=${letter}; echo "$order"`, language: 'bash' }) as const

  describe('lifecycle', () => {
    test('two calls at once share one session and run in order', async () => {
      const [first, second] = await Promise.all([
        call('executeCode', note('a', 'sleep 0.2;'), { key: 'order' }),
        call('executeCode', note('b'), { key: 'order' }),
      ])
      expect(first.artifact?.execution?.result).toBe('a')
      expect(second.artifact?.execution?.result).toBe('ab')
      expect(second.artifact?.session?.id).toBe(first.artifact?.session?.id)
    })

    test('a call at the same time finds the page as the one before has left it', async () => {
      const key = 'order'
      await call('openPage', { url: suite.backend.site.url }, { key })
      const [, filled] = await Promise.all([
        call('act', { action: 'click', target: 'Order form' }, { key }),
        call('act', { action: 'fill', target: 'Name', value: 'In turn' }, { key }),
      ])
      expect(filled.text).toContain('In turn')
      expect(filled.artifact?.page?.title).toBe('Order')
    })

    test('calls of every tool at once run in their order', async () => {
      const key = 'order'
      const [opened, filled, read, seen, ran] = await Promise.all([
        call('openPage', { url: `${suite.backend.site.url}/form` }, { key }),
        call('act', { action: 'fill', target: 'Name', value: 'First' }, { key }),
        call('readPage', {}, { key }),
        call('screenshot', {}, { key }),
        call(
          'executeCode',
          { code: `agent-browser fill '[name=who]' Second`, language: 'bash' },
          { key },
        ),
        call('delegate', { task: 'Say hello.' }, { key }).catch(() => {}),
      ])
      expect(opened.text).toMatch(/Title: Order[^]*textbox "Name ?"/)
      expect(opened.text).not.toContain('First')
      expect(filled.text).toContain('First')
      expect(read.text).toContain('First')
      expect(seen.images).toBe(1)
      expect(ran.artifact?.execution?.exitCode).toBe(0)
      expect((await call('readPage', {}, { key })).text).toContain('Second')
      const ids = [opened, filled, read, seen, ran].map(({ artifact }) => artifact?.session?.id)
      expect(new Set(ids).size).toBe(1)
    })

    test('two conversations have sessions of their own', async () => {
      const [one, other] = await Promise.all([
        call('executeCode', note('c'), { key: 'order' }),
        call('executeCode', note('c'), { key: 'other' }),
      ])
      expect(other.artifact?.execution?.result).toBe('c')
      expect(one.artifact?.session?.id).not.toBe(other.artifact?.session?.id)
    })

    test.each<[ToolName, object]>([
      ['openPage', {}],
      ['readPage', {}],
      ['act', { action: 'hover', target: 'Press' }],
      ['screenshot', {}],
      ['executeCode', { code: 'await page.title()', timeout: 300 }],
    ])('an abort of %s stops what runs on the server', async (tool, given) => {
      const { site, tandem } = suite.backend
      const url = `${site.url}/gated`
      const { artifact } = await call('openPage', { url }, { key: 'gated' })
      const id = artifact?.session?.id ?? ''
      const controller = new AbortController()
      const atGate = site.hold('/gate')
      const input = tool === 'openPage' ? { url } : given
      const options = { key: 'gated', signal: controller.signal }
      const ended = call(tool, input, options).catch((error: unknown) => error)
      // The page waits for the site, and the run on the server for the page.
      const letGo = await atGate
      controller.abort()
      expect(await ended).toBeInstanceOf(Error)
      // The next run of that language begins when the one before has ended, and the page still waits.
      const isCode = tool === 'executeCode'
      const next = isCode
        ? ({ code: '1 + 1' } as const)
        : ({ code: 'echo 2', language: 'bash' } as const)
      const { stdout, result } = await tandem.sessions.execute(id, next)
      expect(isCode ? result : stdout.trim()).toBe('2')
      letGo()
      const after = await call('readPage', {}, { key: 'gated' })
      expect(after.text).toContain('Title: Gated')
      expect(after.artifact?.session?.id).toBe(id)
    })

    test('a call that is aborted before its turn is not made', async () => {
      const controller = new AbortController()
      const key = 'order'
      const language = 'bash'
      const first = call('executeCode', { code: 'sleep 0.2', language }, { key })
      const second = call(
        'executeCode',
        { code: 'ran=yes', language },
        { key, signal: controller.signal },
      )
      controller.abort()
      const failure: unknown = await second.catch((error: unknown) => error)
      expect(failure).toBeInstanceOf(Error)
      await first
      const { artifact } = await call(
        'executeCode',
        { code: 'echo "${ran-no}"', language },
        { key },
      )
      expect(artifact?.execution?.result).toBe('no')
    })

    test('a session that was destroyed is replaced once, and the model is told', async () => {
      const key = 'replaced'
      const url = suite.backend.site.url
      const opened = await call('openPage', { url }, { key })
      const id = opened.artifact?.session?.id ?? ''
      await suite.backend.tandem.sessions.delete(id)
      const before = await suite.backend.activeSessions()

      const [lost, again] = await Promise.all([
        call('act', { action: 'click', target: 'Order form' }, { key }),
        call('openPage', { url }, { key }),
      ])
      expect(lost.text).toMatch(/session had ended/)
      expect(lost.text).toMatch(/open/i)
      expect(again.text).toMatch(/Title: Shop/)
      const now = (await suite.backend.activeSessions()).filter((each) => !before.includes(each))
      expect(now).toEqual([again.artifact?.session?.id])
    })

    test('every tool tells that its session was destroyed, and does nothing in the new one', async () => {
      const key = 'lost'
      const { tandem } = suite.backend
      const mark = (ran: string) => ({ code: `ran='${ran}'`, language: 'bash' })
      let last = await call('executeCode', mark('before'), { key })
      const calls: [ToolName, object][] = [
        ['readPage', {}],
        ['act', { action: 'reload' }],
        ['screenshot', {}],
        ['executeCode', mark('in the new one')],
      ]
      for (const [tool, input] of calls) {
        const id = last.artifact?.session?.id ?? ''
        await tandem.sessions.delete(id)
        last = await call(tool, input, { key })
        expect(last.text).toMatch(/session had ended[^]*open/i)
        expect(last.artifact).toMatchObject({ tool, replaced: true })
        expect(last.artifact?.session?.id).not.toBe(id)
      }
      const id = last.artifact?.session?.id ?? ''
      const code = `echo "\${ran-nothing}"`
      const { stdout } = await tandem.sessions.execute(id, { code, language: 'bash' })
      expect(stdout.trim()).toBe('nothing')
    })

    test('opening a page after the session was lost says that it is a new one', async () => {
      const key = 'reopened'
      const url = suite.backend.site.url
      const { artifact } = await call('openPage', { url }, { key })
      await suite.backend.tandem.sessions.delete(artifact?.session?.id ?? '')
      const again = await call('openPage', { url }, { key })
      expect(again.text).toMatch(/this is a new one[^]*Title: Shop/)
      expect(again.artifact?.replaced).toBe(true)
      expect((await call('readPage', {}, { key })).text).not.toMatch(/new one/)
    })

    test('without a page, a tool says how to open one', async () => {
      const name = suite.adapter.definitions.find(({ tool }) => tool === 'openPage')?.name
      expect((await call('readPage', {}, { key: 'other' })).text).toContain(`Open one with ${name}`)
    })

    test('failures of the service are thrown', async () => {
      const stranger = await suite.make({ stranger: true })
      const failure: unknown = await call('readPage', {}, { on: stranger }).catch(
        (error: unknown) => error,
      )
      expect(AuthenticationError.isInstance(failure)).toBe(true)
      expect(String(failure)).not.toContain('td-nobody')
      // This server has no model of its own.
      const delegated: unknown = await call('delegate', { task: 'Say hello.' }).catch(
        (error: unknown) => error,
      )
      expect(NotConfiguredError.isInstance(delegated)).toBe(true)
      const controller = new AbortController()
      controller.abort()
      const aborted: unknown = await call('readPage', {}, { signal: controller.signal }).catch(
        (error: unknown) => error,
      )
      expect(AbortError.isInstance(aborted) || (aborted as Error).name === 'AbortError').toBe(true)
    })

    test('closing while a call runs ends the call and the session', async () => {
      const adapter = await suite.make()
      const started = suite.backend.site.requested('/started')
      const code = `agent-browser open ${suite.backend.site.url}/started; sleep 300`
      const before = await suite.backend.activeSessions()
      const input = { code, language: 'bash', timeout: 300 }
      const running = call('executeCode', input, { key: 'closing', on: adapter })
      const ended = running.catch((error: unknown) => error)
      await started
      await adapter.close()
      expect(await ended).toBeInstanceOf(Error)
      const after = await suite.backend.activeSessions()
      expect(after.filter((id) => !before.includes(id))).toEqual([])
    })

    test('the application bounds what a result holds', async () => {
      const small = await suite.make({ settings: { maxCharacters: 1000 } })
      const url = `${suite.backend.site.url}/large`
      const { text } = await call('openPage', { url }, { key: 'small', on: small })
      expect(text.length).toBeLessThan(2000)
      await small.close()
    })

    test('the secrets of the application do not reach the model', async () => {
      const secrets = ['hunter2-of-the-application']
      const careful = await suite.make({ settings: { secrets } })
      const code = `echo "the password is hunter2""-of-the-application"`
      const { text } = await call(
        'executeCode',
        { code, language: 'bash' },
        { key: 'secret', on: careful },
      )
      expect(text).toContain('the password is [redacted]')
      await careful.close()
    })
  })
}
