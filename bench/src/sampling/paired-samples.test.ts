import { expect, test } from 'vitest'
import { medianRatio, samplePairs } from './paired-samples.ts'

const forever = { budget: 60_000, signal: new AbortController().signal }

/** Two sides that write down when they were called; the value is the number of the call. */
function recordingSides() {
  const calls: string[] = []
  const side = (name: string) => async () => calls.push(name)
  return { calls, sides: { tandem: side('t'), playwright: side('p') } }
}

test('sides take turns at being first, and warm-ups are thrown away', async () => {
  const { calls, sides } = recordingSides()
  const pairs = await samplePairs(sides, { ...forever, samples: 3, warmups: 1 })
  expect(calls.join('')).toBe('pttppttp')
  expect(pairs).toEqual([
    { tandem: 3, playwright: 4 },
    { tandem: 6, playwright: 5 },
    { tandem: 7, playwright: 8 },
  ])
})

test('without time for all of them it takes two', async () => {
  const { sides } = recordingSides()
  const pairs = await samplePairs(sides, { ...forever, samples: 50, warmups: 3, budget: -1 })
  expect(pairs).toHaveLength(2)
})

test('an abort ends it before the next pair', async () => {
  const controller = new AbortController()
  let calls = 0
  const sides = {
    tandem: async () => ++calls,
    playwright: async () => {
      controller.abort(new Error('stopped'))
      return 1
    },
  }
  const options = { ...forever, samples: 50, warmups: 0, signal: controller.signal }
  await expect(samplePairs(sides, options)).rejects.toThrow('stopped')
  expect(calls).toBe(1)
})

test('the ratio is that of the middle pair, so drift that both sides share is no part of it', () => {
  const drifting = [1, 2, 4, 8].map((factor) => ({ tandem: 3 * factor, playwright: 2 * factor }))
  expect(medianRatio(drifting)).toBe(1.5)
})
