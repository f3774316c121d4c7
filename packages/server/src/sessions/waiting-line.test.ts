import { expect, test } from 'vitest'
import { WaitingLine } from './waiting-line.ts'

const patient = new AbortController().signal

test('who comes first is served first, also when it only now begins to wait', async () => {
  const line = new WaitingLine<string>()
  const turns = [line.join(2, patient), line.join(3, patient), line.join(1, patient)]
  for (const thing of ['first', 'second', 'third']) expect(line.serve(thing)).toBe(true)
  expect(line.serve('too many')).toBe(false)
  expect(await Promise.all(turns)).toEqual(['second', 'third', 'first'])
})

test('who leaves is passed over', async () => {
  const line = new WaitingLine<string>()
  const controller = new AbortController()
  const left = line.join(1, controller.signal)
  const stays = line.join(2, patient)
  controller.abort(new Error('gone'))
  await expect(left).rejects.toThrow('gone')
  expect(line.length).toBe(1)
  expect(line.serve('it')).toBe(true)
  expect(await stays).toBe('it')
  await expect(line.join(3, controller.signal)).rejects.toThrow('gone')
  expect(line.length).toBe(0)
})

test('an attempt that began before one came is not its failure', async () => {
  const line = new WaitingLine<string>()
  const turn = line.join(10, patient)
  expect(line.fail(new Error('old'), 9)).toBe(false)
  expect(line.fail(new Error('own'), 11)).toBe(true)
  await expect(turn).rejects.toThrow('own')
  expect(line.fail(new Error('nobody'), 12)).toBe(false)
})
