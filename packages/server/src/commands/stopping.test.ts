import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, onTestFinished, test } from 'vitest'
import { closeWithinDeadline } from './close-within-deadline.ts'

test('waits for a close in time, and only so long for one that hangs', async () => {
  const events: string[] = []
  const quick = {
    close: async () => {
      await new Promise(setImmediate)
      events.push('closed')
    },
  }
  expect(await closeWithinDeadline(quick, 10_000)).toBe(true)
  expect(events).toEqual(['closed'])
  const hanging = { close: () => new Promise<void>(() => undefined) }
  expect(await closeWithinDeadline(hanging, 20)).toBe(false)
  const failing = { close: () => Promise.reject(new Error('no')) }
  await expect(closeWithinDeadline(failing, 10_000)).rejects.toThrow('no')
})

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('the first %s asks, the second one ends the process', async (signal, code) => {
  const module = new URL('./stop-signals.ts', import.meta.url).href
  const program = `
    const { StopSignals } = await import(${JSON.stringify(module)})
    const signals = new StopSignals()
    signals.first.then((name) => process.stdout.write(name))
    setInterval(() => {}, 1_000)
    process.stdout.write('ready')`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  expect(String((await once(child.stdout, 'data'))[0])).toBe('ready')
  child.kill(signal)
  expect(String((await once(child.stdout, 'data'))[0])).toBe(signal)
  child.kill(signal)
  expect(await once(child, 'exit')).toEqual([code, null])
})
