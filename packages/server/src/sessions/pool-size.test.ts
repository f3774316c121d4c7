import { availableParallelism } from 'node:os'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { PoolSize, poolBounds } from './pool-size.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function arrive(size: PoolSize, count: number): void {
  for (let index = 0; index < count; index += 1) size.arrived()
}

test('what the operator says is what there is', () => {
  expect(poolBounds(0, 10)).toEqual({ least: 0, most: 0 })
  expect(poolBounds(7, 10)).toEqual({ least: 7, most: 7 })
})

test('without it there are two, and no more than a quarter of all and four a core', () => {
  expect(poolBounds(undefined, 1)).toEqual({ least: 1, most: 1 })
  expect(poolBounds(undefined, 11)).toEqual({ least: 2, most: 2 })
  expect(poolBounds(undefined, 1_000)).toEqual({ least: 2, most: 4 * availableParallelism() })
})

test('as many are kept as came while one was being made, for five minutes', () => {
  const size = new PoolSize({ least: 2, most: 8 })
  expect(size.target).toBe(2)
  arrive(size, 5)
  expect(size.target).toBe(5)
  // One after the other, they find one each.
  for (let minute = 0; minute < 4; minute += 1) {
    vi.advanceTimersByTime(60_000)
    arrive(size, 1)
  }
  expect(size.target).toBe(5)
  vi.advanceTimersByTime(61_000)
  expect(size.target).toBe(2)
})

test('a greater rush is remembered from then on, and never more than there may be', () => {
  const size = new PoolSize({ least: 2, most: 8 })
  arrive(size, 3)
  vi.advanceTimersByTime(4 * 60_000)
  arrive(size, 30)
  vi.advanceTimersByTime(4 * 60_000)
  expect(size.target).toBe(8)
})

test('where making one takes longer, more come meanwhile', () => {
  const [quick, slow] = [1, 2].map(() => new PoolSize({ least: 0, most: 20 })) as [
    PoolSize,
    PoolSize,
  ]
  for (let index = 0; index < 50; index += 1) {
    quick.made(500)
    slow.made(4_000)
  }
  for (let index = 0; index < 10; index += 1) {
    vi.advanceTimersByTime(400)
    arrive(quick, 1)
    arrive(slow, 1)
  }
  expect(quick.target).toBe(2)
  expect(slow.target).toBe(10)
})
