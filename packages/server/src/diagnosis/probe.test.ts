import { expect, test } from 'vitest'
import { ok } from './finding.ts'
import { type Probe, runProbe } from './probe.ts'

const probe = (examine: Probe['examine'], more: Partial<Probe> = {}): Probe => ({
  id: 'thing',
  title: 'the thing',
  examine,
  ...more,
})

test('a probe that fails is a finding, and decides the start only where it is essential', async () => {
  const failing = async (): Promise<never> => {
    throw new Error('it is not readable')
  }
  const summary = 'could not be found out: it is not readable'
  expect(await runProbe(probe(failing))).toMatchObject({ id: 'thing', level: 'warning', summary })
  const essential = await runProbe(probe(failing, { essential: true }))
  expect(essential).toMatchObject({ level: 'failure', summary })
})

test('a probe that does not answer is ended and is a finding', async () => {
  let reason: unknown
  const hanging: Probe['examine'] = (signal) =>
    new Promise(() => signal.addEventListener('abort', () => (reason = signal.reason)))
  const finding = await runProbe(probe(hanging, { deadline: 20 }))
  expect(finding).toMatchObject({ level: 'warning', title: 'the thing' })
  expect(finding.summary).toContain('no answer within 0.02 s')
  expect(reason).toBeInstanceOf(Error)
})

test('one that answers in time is not ended', async () => {
  let isEnded: boolean | undefined
  const quick: Probe['examine'] = async (signal) => {
    isEnded = signal.aborted
    signal.addEventListener('abort', () => (isEnded = true))
    return ok('fine')
  }
  expect(await runProbe(probe(quick))).toMatchObject({ level: 'ok', summary: 'fine', remedy: [] })
  expect(isEnded).toBe(false)
})
