import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { AbortError, ConflictError, ProfileLockedError, ValidationError } from '../src/index.ts'
import { Profiles } from '../src/profiles.ts'
import { failureOf } from './support/failure.ts'
import { TestServer } from './support/server.ts'

const apiKey = 'td-profiles-test-key'
const saved = [
  { name: 'mail', size: 12_000, updatedAt: '2026-01-01T00:00:00.000Z', writing: false },
  { name: 'shop', size: 34_000, updatedAt: '2026-01-02T00:00:00.000Z', writing: true },
]

test('lists what is saved, and deletes it by any name', async () => {
  await using server = await TestServer.start(({ method, json }) =>
    json(200, method === 'GET' ? { success: true, profiles: saved } : { success: true }),
  )
  const profiles = new Profiles({ baseUrl: `${server.url}/`, apiKey })
  expect(await profiles.list()).toEqual(saved)
  expect(await profiles.delete('a b/../ü?#%')).toBeUndefined()
  await profiles.delete('...')
  expect(server.requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
    'GET /v2/interact/profiles',
    'DELETE /v2/interact/profiles/a%20b%2F..%2F%C3%BC%3F%23%25',
    'DELETE /v2/interact/profiles/...',
  ])
  for (const { headers } of server.requests) expect(headers.authorization).toBe(`Bearer ${apiKey}`)
  expect(inspect(profiles, { depth: 9, showHidden: true })).not.toContain(apiKey)
})

test('a profile that a session saves to is locked, and nothing is asked again', async () => {
  const error =
    'A session is currently saving to this profile. Stop that session, then delete the profile.'
  await using server = await TestServer.start(({ json }) => json(409, { success: false, error }))
  const failure = await failureOf(new Profiles({ baseUrl: server.url }).delete('shop'))
  expect(failure).toBeInstanceOf(ProfileLockedError)
  expect(failure).toBeInstanceOf(ConflictError)
  expect(failure).toMatchObject({ status: 409, message: expect.stringContaining(error) as string })
  expect(server.requests).toHaveLength(1)
})

test('a call that may be repeated is, and one that nobody waits for is not made', async () => {
  let calls = 0
  await using server = await TestServer.start(({ json }) => {
    calls += 1
    if (calls === 1) json(502, { success: false, error: 'no' }, { 'retry-after': '0' })
    else json(200, { success: true })
  })
  const profiles = new Profiles({ baseUrl: server.url })
  await profiles.delete('shop')
  expect(calls).toBe(2)
  const signal = AbortSignal.abort('enough')
  for (const call of [profiles.list({ signal }), profiles.delete('shop', { signal })]) {
    expect(await failureOf(call)).toBeInstanceOf(AbortError)
  }
  expect(calls).toBe(2)
})

test.each(['', '.', '..', 'a\ud800'])('%j names no profile, and is not sent', async (name) => {
  await using server = await TestServer.start(({ json }) => json(200, { success: true }))
  const failure = await failureOf(new Profiles({ baseUrl: server.url }).delete(name))
  expect(failure).toBeInstanceOf(ValidationError)
  expect(server.requests).toEqual([])
})
