import { once } from 'node:events'
import { type AddressInfo, createServer, Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { type Dial, dialDirectly, dialFirst } from './dial.ts'

async function listener(): Promise<number> {
  const server = createServer((socket) => socket.on('error', () => {}).resume())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

const never = new AbortController().signal

/** Answers on one address only; the others fall silent or refuse. */
function dialing(port: number, behaviour: Record<string, 'answers' | 'refuses' | 'silent'>) {
  const sockets = new Map<string, Socket>()
  const dial: Dial = (address) => {
    const how = behaviour[address]
    const socket = how === 'answers' ? dialDirectly('127.0.0.1', port) : new Socket()
    if (how === 'refuses') process.nextTick(() => socket.destroy(new Error(`${address} refuses`)))
    sockets.set(address, socket)
    onTestFinished(() => void socket.destroy())
    return socket
  }
  return { dial, sockets }
}

test('families take turns, and the first that answers is taken', async () => {
  const { dial, sockets } = dialing(await listener(), {
    ...({ '1.1.1.1': 'silent', '1.1.1.2': 'answers', '::1': 'refuses', '::2': 'silent' } as const),
  })
  const socket = await dialFirst(['1.1.1.1', '1.1.1.2', '::1', '::2'], 80, { dial, signal: never })
  expect([...sockets.keys()]).toEqual(['1.1.1.1', '::1', '1.1.1.2'])
  expect(socket).toBe(sockets.get('1.1.1.2'))
  expect(sockets.get('1.1.1.1')?.destroyed).toBe(true)
  expect(socket.destroyed).toBe(false)
})

test('a late failure of one that lost starts nothing', async () => {
  const { dial, sockets } = dialing(0, {
    ...({ '1.1.1.1': 'silent', '1.1.1.2': 'silent', '1.1.1.3': 'silent' } as const),
  })
  const addresses = ['1.1.1.1', '1.1.1.2', '1.1.1.3']
  const dialled = Promise.withResolvers<void>()
  const first = dialFirst(addresses, 80, {
    signal: never,
    dial: (address, port) => {
      if (address === '1.1.1.2') dialled.resolve()
      return dial(address, port)
    },
  })
  await dialled.promise
  const [loser, winner] = [...sockets.values()]
  // Its error is on its way when the other one connects.
  loser?.destroy(new Error('late'))
  winner?.emit('connect')
  expect(await first).toBe(winner)
  await new Promise((resolve) => loser?.once('close', resolve))
  expect([...sockets.keys()]).toEqual(['1.1.1.1', '1.1.1.2'])
})

test('fails with the last failure, after all have been tried', async () => {
  const { dial, sockets } = dialing(0, {
    ...({ '1.1.1.1': 'refuses', '1.1.1.2': 'refuses' } as const),
  })
  await expect(dialFirst(['1.1.1.1', '1.1.1.2'], 80, { dial, signal: never })).rejects.toThrow(
    '1.1.1.2 refuses',
  )
  expect(sockets.size).toBe(2)
})

test('tries no more than six addresses', async () => {
  const addresses = Array.from({ length: 20 }, (_, index) => `1.1.1.${index}`)
  const { dial, sockets } = dialing(
    0,
    Object.fromEntries(addresses.map((address) => [address, 'refuses'])),
  )
  await expect(dialFirst(addresses, 80, { dial, signal: never })).rejects.toThrow('refuses')
  expect(sockets.size).toBe(6)
})

test('ends every attempt when it is given up', async () => {
  const { dial, sockets } = dialing(0, { '1.1.1.1': 'silent' })
  const controller = new AbortController()
  const socket = dialFirst(['1.1.1.1'], 80, { dial, signal: controller.signal })
  controller.abort(new Error('given up'))
  await expect(socket).rejects.toThrow('given up')
  expect(sockets.get('1.1.1.1')?.destroyed).toBe(true)
  await expect(dialFirst(['1.1.1.1'], 80, { dial, signal: controller.signal })).rejects.toThrow(
    'given up',
  )
})
