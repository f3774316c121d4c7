import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { BackOff } from './back-off.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('one failure is an accident; then the pauses grow, up to a minute', () => {
  const backOff = new BackOff()
  backOff.failed()
  const pauses = Array.from({ length: 10 }, () => {
    backOff.failed()
    const { remaining } = backOff
    vi.advanceTimersByTime(remaining)
    expect(backOff.remaining).toBe(0)
    return remaining
  })
  expect(pauses.slice(0, 4)).toEqual([500, 1_000, 2_000, 4_000])
  expect(pauses.slice(-2)).toEqual([60_000, 60_000])
})

test('a success ends all of it', () => {
  const backOff = new BackOff()
  for (let index = 0; index < 5; index += 1) backOff.failed()
  backOff.succeeded()
  expect(backOff.remaining).toBe(0)
  backOff.failed()
  expect(backOff.remaining).toBe(0)
})
