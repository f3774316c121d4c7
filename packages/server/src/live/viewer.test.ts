import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Frame } from './frame.ts'
import { Viewer } from './viewer.ts'

let sent: number[]
let asked: number[]
let viewer: Viewer

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  const start = performance.now()
  const now = (): number => performance.now() - start
  sent = []
  asked = []
  viewer = new Viewer('one', false, {
    send: (data) => typeof data !== 'string' && sent.push(now()),
    bufferedBytes: 0,
    close: () => {},
  })
  viewer.onReady = () => asked.push(now())
  viewer.pace(10, undefined)
})

afterEach(() => {
  viewer.close(1000, 'Goodbye.')
  vi.useRealTimers()
})

function frame(sequence: number): Frame {
  const place = { width: 1, height: 1, pageScaleFactor: 1, offsetTop: 0, scrollX: 0, scrollY: 0 }
  return { sequence, capturedAt: 0, ...place, image: Buffer.alloc(1) }
}

test('a frame is asked for so early that it comes when it is due', () => {
  viewer.lead = 30
  for (let sequence = 1; sequence <= 4; sequence += 1) {
    viewer.show(frame(sequence))
    viewer.seen(sequence)
    vi.advanceTimersByTime(70)
    expect(asked).toHaveLength(sequence)
    vi.advanceTimersByTime(30)
  }
  expect(asked).toEqual([70, 170, 270, 370])
  expect(sent).toEqual([0, 100, 200, 300])
})

test('a frame that comes early waits, and the newest of them is sent', () => {
  viewer.lead = 30
  viewer.show(frame(1))
  viewer.seen(1)
  vi.advanceTimersByTime(80)
  viewer.show(frame(2))
  viewer.show(frame(3))
  expect(sent).toEqual([0])
  vi.advanceTimersByTime(20)
  expect(sent).toEqual([0, 100])
  // The one that was replaced is not sent later, either.
  viewer.seen(3)
  vi.advanceTimersByTime(500)
  expect(sent).toHaveLength(2)
})

test('one late frame does not make all that follow late', () => {
  viewer.show(frame(1))
  viewer.seen(1)
  vi.advanceTimersByTime(130)
  viewer.show(frame(2))
  viewer.seen(2)
  vi.advanceTimersByTime(70)
  viewer.show(frame(3))
  expect(sent).toEqual([0, 130, 200])
})

test('nothing is asked for while it has not seen its first frame, and later two', () => {
  viewer.show(frame(1))
  vi.advanceTimersByTime(500)
  expect(asked).toEqual([])
  viewer.seen(1)
  expect(asked).toEqual([500])
  viewer.show(frame(2))
  vi.advanceTimersByTime(100)
  viewer.show(frame(3))
  vi.advanceTimersByTime(500)
  expect(asked).toEqual([500, 550])
  viewer.seen(2)
  expect(asked).toEqual([500, 550, 1_100])
})

test('who takes long for a frame is sent none of that size that waits, but smaller ones', () => {
  let changes = 0
  viewer.onTier = () => (changes += 1)
  viewer.show(frame(1))
  viewer.show(frame(2))
  vi.advanceTimersByTime(700)
  viewer.seen(1)
  expect([changes, viewer.tier, sent.length]).toEqual([1, 'low', 1])
  viewer.show(frame(3))
  expect(sent).toHaveLength(2)
})
