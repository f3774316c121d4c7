import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { AnswerLostError, KeptAnswers } from './kept-answers.ts'
import { SqliteStore } from './sqlite-store.ts'

const bounds = { answerBytes: 50_000, ownerBytes: 100_000, ownerAnswers: 3 }
let store: SqliteStore

beforeEach(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tandem-answers-'))
  store = await SqliteStore.open(folder)
  return async () => {
    await store.close()
    await rm(folder, { recursive: true })
  }
})

function answerOf(length: number): { fingerprint: string; answer: object } {
  return { fingerprint: String(length), answer: { text: 'x'.repeat(length) } }
}

/** What is there of names, now and after a new start. */
async function kept(names: string[]): Promise<(string | undefined)[]> {
  const answers = await KeptAnswers.open(store, bounds)
  return names.map((name) => answers.fingerprintOf('owner', name))
}

test('small and large answers come back, also after a new start', async () => {
  const answers = await KeptAnswers.open(store, bounds)
  for (const length of [10, 40_000]) {
    await answers.keep('owner', `${length}`, answerOf(length))
    expect(await answers.read('owner', `${length}`)).toEqual(answerOf(length).answer)
    const again = await KeptAnswers.open(store, bounds)
    expect(again.fingerprintOf('owner', `${length}`)).toBe(`${length}`)
    expect(again.fingerprintOf('other', `${length}`)).toBeUndefined()
    expect(await again.read('owner', `${length}`)).toEqual(answerOf(length).answer)
  }
})

test('one that is too large is known to have been given, and no longer to be had', async () => {
  const answers = await KeptAnswers.open(store, bounds)
  await answers.keep('owner', 'huge', answerOf(60_000))
  expect(answers.fingerprintOf('owner', 'huge')).toBe('60000')
  await expect(answers.read('owner', 'huge')).rejects.toThrow(AnswerLostError)
})

test('the oldest of an owner make room, by bytes and by number', async () => {
  const answers = await KeptAnswers.open(store, bounds)
  await answers.keep('other', 'kept', answerOf(45_000))
  for (const name of ['a', 'b', 'c']) await answers.keep('owner', name, answerOf(45_000))
  expect(await kept(['a', 'b', 'c'])).toEqual([undefined, '45000', '45000'])
  for (const name of ['d', 'e']) await answers.keep('owner', name, answerOf(1))
  expect(await kept(['b', 'c', 'd', 'e'])).toEqual([undefined, '45000', '1', '1'])
  expect(answers.fingerprintOf('other', 'kept')).toBe('45000')
  expect(await store.listByPrefix('idempotency/owner/')).toHaveLength(3)
})
