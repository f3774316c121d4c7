import { expect, test } from 'vitest'
import { Progress } from './progress.ts'

test('shows at once what is new, and then not more often than ten times a second', async () => {
  const progress = new Progress('executeCode', [])
  let end = (): void => {}
  const work = new Promise<void>((resolve) => (end = resolve))
  progress.add({ type: 'step', message: 'Begin' })
  const started = performance.now()
  expect(await progress.next(work)).toBe(true)
  expect(progress.show()).toMatchObject({ steps: ['Begin'], stdout: '' })
  for (const text of ['a', 'b', 'c']) progress.add({ type: 'stdout', text })
  expect(await progress.next(work)).toBe(true)
  expect(performance.now() - started).toBeGreaterThan(90)
  expect(progress.show().stdout).toBe('abc')
  // What comes with the end is in the result.
  progress.add({ type: 'stdout', text: 'd' })
  end()
  expect(await progress.next(work)).toBe(false)
})

test('work that fails is done, too', async () => {
  const failed = Promise.reject(new Error('It failed.'))
  expect(await new Progress('act', []).next(failed)).toBe(false)
})

test('holds the end of long output, and splits no character', () => {
  const progress = new Progress('executeCode', [])
  progress.add({ type: 'stdout', text: `x${'😀'.repeat(5_000)}y` })
  const { stdout } = progress.show()
  expect(stdout.length).toBeLessThanOrEqual(4_000)
  expect(stdout.isWellFormed()).toBe(true)
  expect(stdout.endsWith('😀y')).toBe(true)
})
