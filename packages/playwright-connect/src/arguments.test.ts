import { expect, it } from 'vitest'

import { expectNoSecret, rejection } from '../test/rejection.ts'
import { connect, type ConnectableSession, type ConnectOptions } from './index.ts'

const SECRET = 'tok-5f0c1d9a7be2'

it.each<[string, unknown, RegExp]>([
  ['undefined', undefined, /session with a cdpUrl/],
  ['null', null, /session with a cdpUrl/],
  ['an object without a cdpUrl', {}, /session with a cdpUrl/],
  ['a session whose server offers no CDP', { cdpUrl: '' }, /does not offer CDP/],
  ['another protocol', { cdpUrl: `ftp://host/?token=${SECRET}` }, /not a ws, wss, http or https/],
  // Playwright would attach to the Chrome of whoever runs the program.
  ['the name of a browser', 'chrome', /not a ws, wss, http or https/],
])('refuses %s as a session', async (_, session, sentence) => {
  const error = await rejection(connect(session as ConnectableSession))
  expect(error).toBeInstanceOf(TypeError)
  expect((error as Error).message).toMatch(sentence)
  expectNoSecret(error, SECRET)
})

it.each([0, -1, Number.NaN, Infinity, 2 ** 31])('refuses a timeout of %d', async (timeout) => {
  const error = await rejection(connect('ws://127.0.0.1:9/cdp', { timeout }))
  expect(error).toBeInstanceOf(RangeError)
  expect((error as Error).message).toContain('timeout must be a number of milliseconds')
})

it('refuses a chromium that is none', async () => {
  const options = { chromium: {} } as ConnectOptions
  const error = await rejection(connect('ws://127.0.0.1:9/cdp', options))
  expect(error).toBeInstanceOf(TypeError)
  expect((error as Error).message).toContain('connectOverCDP')
})
