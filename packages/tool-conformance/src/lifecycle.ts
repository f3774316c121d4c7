import { describe, expect, test } from 'vitest'
import { AbortError, AuthenticationError, NotConfiguredError } from '@tandem-browser/core'
import type { Suite } from './describe-conformance.ts'

/** How sessions come, serve and go. */
export function describeLifecycle(suite: Suite): void {
  const { call } = suite
  const count = `globalThis.order = (globalThis.order ?? '') + `

  describe('lifecycle', () => {
    test('two calls at once share one session and run in order', async () => {
      const slow = `await new Promise((resolve) => setTimeout(resolve, 200)); ${count} 'a'`
      const [first, second] = await Promise.all([
        call('executeCode', { code: slow }, { key: 'order' }),
        call('executeCode', { code: `${count} 'b'` }, { key: 'order' }),
      ])
      expect(first.artifact?.execution?.result).toBe('a')
      expect(second.artifact?.execution?.result).toBe('ab')
      expect(second.artifact?.session?.id).toBe(first.artifact?.session?.id)
    })

    test('a call at the same time finds the page as the one before has left it', async () => {
      const key = 'turns'
      await call('openPage', { url: suite.backend.site.url }, { key })
      const [, filled] = await Promise.all([
        call('act', { action: 'click', target: 'Order form' }, { key }),
        call('act', { action: 'fill', target: 'Name', value: 'In turn' }, { key }),
      ])
      expect(filled.text).toContain('In turn')
      expect(filled.artifact?.page?.title).toBe('Order')
    })

    test('two conversations have sessions of their own', async () => {
      const [one, other] = await Promise.all([
        call('executeCode', { code: `${count} 'c'` }, { key: 'order' }),
        call('executeCode', { code: `${count} 'c'` }, { key: 'other' }),
      ])
      expect(other.artifact?.execution?.result).toBe('c')
      expect(one.artifact?.session?.id).not.toBe(other.artifact?.session?.id)
    })

    test('an abort ends the call and the run on the server', async () => {
      const controller = new AbortController()
      const started = suite.backend.site.requested('/started')
      const code = `await page.goto('${suite.backend.site.url}/started'); await new Promise(() => {})`
      const running = call(
        'executeCode',
        { code, timeout: 300 },
        { key: 'abort', signal: controller.signal },
      )
      const ended = running.catch((error: unknown) => error)
      const waiting = call('executeCode', { code: `'after'` }, { key: 'abort' })
      await started
      controller.abort()
      expect(await ended).toBeInstanceOf(Error)
      // It runs in the same session: while the first did, it could not.
      expect((await waiting).artifact?.execution?.result).toBe('after')
    })

    test('a call that is aborted before its turn is not made', async () => {
      const controller = new AbortController()
      const slow = `await new Promise((resolve) => setTimeout(resolve, 200)); 'first'`
      const first = call('executeCode', { code: slow }, { key: 'queue' })
      const second = call(
        'executeCode',
        { code: `globalThis.ran = true` },
        { key: 'queue', signal: controller.signal },
      )
      controller.abort()
      const failure: unknown = await second.catch((error: unknown) => error)
      expect(failure).toBeInstanceOf(Error)
      await first
      const { artifact } = await call('executeCode', { code: 'typeof ran' }, { key: 'queue' })
      expect(artifact?.execution?.result).toBe('undefined')
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
      expect((await call('readPage', {}, { key: 'blank' })).text).toContain(`Open one with ${name}`)
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
      const code = `await page.goto('${suite.backend.site.url}/started'); await new Promise(() => {})`
      const before = await suite.backend.activeSessions()
      const running = call('executeCode', { code, timeout: 300 }, { key: 'closing', on: adapter })
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
      const code = `'the password is ' + ['hunter2', 'of-the-application'].join('-')`
      const { text } = await call('executeCode', { code }, { key: 'secret', on: careful })
      expect(text).toContain('the password is [redacted]')
      await careful.close()
    })
  })
}
