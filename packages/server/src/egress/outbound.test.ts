import { expect, test } from 'vitest'
import { Outbound } from './outbound.ts'
import { EgressPolicy } from './policy.ts'
import { parseTarget } from './target.ts'

test('its end ends what is being looked up, and nothing begins after it', async () => {
  const asked = Promise.withResolvers<AbortSignal>()
  const outbound = new Outbound({
    policy: new EgressPolicy(),
    resolve: (_name, signal) => {
      asked.resolve(signal)
      return new Promise(() => {})
    },
    dial: () => {
      throw new Error('nobody may dial')
    },
    deadlines: { resolve: 60_000, connect: 60_000 },
  })
  const client = new AbortController().signal
  const connecting = outbound.connect(parseTarget('slow.example.test:80')!, 'node', client)
  const signal = await asked.promise
  await Promise.all([outbound.close(), expect(connecting).rejects.toThrow('has ended')])
  expect(signal.aborted).toBe(true)
  await expect(outbound.connect(parseTarget('8.8.8.8:80')!, 'node', client)).rejects.toThrow(
    'has ended',
  )
  expect(outbound.counters).toEqual({ open: 0, total: 0, bytesSent: 0, bytesReceived: 0 })
})
