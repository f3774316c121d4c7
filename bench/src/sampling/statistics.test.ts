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

test('a slope is found through noise that cancels', () => {
  const points = [
    { x: 0, y: 101 },
    { x: 1, y: 102 },
    { x: 2, y: 104 },
    { x: 3, y: 107 },
    { x: 4, y: 109 },
  ]
  expect(slope(points)).toBeCloseTo(2.1)
  expect(slope(points.map(({ x }) => ({ x, y: 5 })))).toBe(0)
})

test('points at one place have no slope', () => {
  expect(() => slope([{ x: 1, y: 2 }])).toThrow(RangeError)
  expect(() => slope([])).toThrow(RangeError)
})
