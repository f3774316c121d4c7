import { expect, test } from 'vitest'
import { median, percentile, slope, summarize } from './statistics.ts'

test('a percentile lies between the two nearest samples, whatever their order', () => {
  expect(percentile([4, 1, 3, 2], 0)).toBe(1)
  expect(percentile([4, 1, 3, 2], 1)).toBe(4)
  expect(percentile([4, 1, 3, 2], 0.25)).toBe(1.75)
  expect(percentile([10, 9, 100], 0.5)).toBe(10)
  expect(percentile([7], 0.95)).toBe(7)
})

test('the median is not moved by one slow sample', () => {
  expect(median([1, 2, 3, 4, 1_000])).toBe(3)
  expect(median([1, 2, 3, 1_000])).toBe(2.5)
})

test('a summary keeps the slow end and says how many samples there were', () => {
  const samples = Array.from({ length: 101 }, (_, index) => index)
  expect(summarize(samples)).toEqual({ p50: 50, p95: 95, n: 101 })
})

test('nothing can be said of no samples', () => {
  expect(() => percentile([], 0.5)).toThrow('There are no samples.')
})

test('a slope is found through noise', () => {
  const noise = [0.3, -0.2, 0.1, -0.3, 0.2, 0]
  const points = noise.map((error, x) => ({ x, y: 100 + 2 * x + error }))
  expect(slope(points)).toBeCloseTo(2, 1)
  expect(slope(points.map(({ x }) => ({ x, y: 5 })))).toBe(0)
})

test('a sudden step, as when code that was not used again is thrown away, is no slope', () => {
  const points = Array.from({ length: 11 }, (_, x) => ({ x, y: (x < 2 ? 5_000 : 0) + 3 * x }))
  expect(slope(points)).toBe(3)
})

test('points at one place have no slope', () => {
  expect(() => slope([{ x: 1, y: 2 }])).toThrow(RangeError)
  expect(() => slope([])).toThrow(RangeError)
})
