import { afterEach, expect, test } from 'vitest'
import { MeasuredProcess } from './measured-process.ts'

const program = new URL('../../test/empty-program.ts', import.meta.url)

let subject: MeasuredProcess
afterEach(() => subject.close())

test('a process is measured, and goes on after a refusal', async () => {
  subject = new MeasuredProcess(program, {})
  await expect(subject.request('nothing')).rejects.toThrow('There is no command nothing.')
  const { heapUsed, external, rss } = await subject.memory()
  expect(Math.min(heapUsed, external)).toBeGreaterThan(0)
  expect(rss).toBeGreaterThan(heapUsed)
  expect(await subject.resources()).toEqual(
    expect.objectContaining({ PipeWrap: expect.any(Number) }),
  )
})

test('a process that dies fails what was asked of it, and is closed all the same', async () => {
  subject = new MeasuredProcess(program, {})
  await subject.memory()
  const answer = subject.memory()
  process.kill(subject.pid, 'SIGKILL')
  await expect(answer).rejects.toThrow('The measured process ended.')
  await expect(subject.memory()).rejects.toThrow('The measured process ended.')
  await subject.close()
})

test('a program that cannot start says why', async () => {
  subject = new MeasuredProcess(new URL('no-such-program.ts', import.meta.url), {})
  await expect(subject.memory()).rejects.toThrow(/ended.*no-such-program/s)
})
