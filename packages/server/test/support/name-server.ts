import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { isIP, isIPv6 } from 'node:net'

/** What to do with a question: answer with these addresses, say that there is no such name, or nothing. */
export type NameAnswer = readonly string[] | 'unknown' | 'failure' | 'silence'

const type = { 1: 4, 28: 6 } as const
const headerLength = 12

/** A DNS server on loopback that answers as it is told. */
export class NameServer implements AsyncDisposable {
  /** `address:port`, as resolvers take it. */
  readonly address: string
  /** Names that were asked for, in order, once for each question of type A. */
  readonly asked: string[] = []
  readonly #socket: Socket
  readonly #answer: (name: string, count: number) => NameAnswer

  private constructor(socket: Socket, answer: (name: string, count: number) => NameAnswer) {
    this.#socket = socket
    this.#answer = answer
    this.address = `127.0.0.1:${socket.address().port}`
    socket.on('message', (message, { port, address }) => {
      const answerMessage = this.#reply(message)
      if (answerMessage) socket.send(answerMessage, port, address)
    })
  }

  /** @param answer Called with a name and how often it has been asked before. */
  static async start(answer: (name: string, count: number) => NameAnswer): Promise<NameServer> {
    const socket = createSocket('udp4')
    socket.bind(0, '127.0.0.1')
    await once(socket, 'listening')
    return new NameServer(socket, answer)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.close(() => resolve()))
  }

  #reply(message: Buffer): Buffer | undefined {
    const { name, end } = readName(message)
    const family = type[message.readUInt16BE(end) as keyof typeof type]
    const question = message.subarray(headerLength, end + 4)
    // Both families of one look-up get one answer: the count is that of the name.
    const count = this.asked.filter((other) => other === name).length
    if (family === 4) this.asked.push(name)
    const found = this.#answer(name, family === 4 ? count : Math.max(0, count - 1))
    if (found === 'silence') return undefined
    const code = found === 'unknown' ? 3 : found === 'failure' ? 2 : 0
    const addresses =
      typeof found === 'string' ? [] : found.filter((address) => isIP(address) === family)
    const header = Buffer.alloc(headerLength)
    message.copy(header, 0, 0, 2)
    header.writeUInt16BE(0x81_80 + code, 2)
    header.writeUInt16BE(1, 4)
    header.writeUInt16BE(addresses.length, 6)
    return Buffer.concat([header, question, ...addresses.map(record)])
  }
}

function readName(message: Buffer): { name: string; end: number } {
  const labels: string[] = []
  let at = headerLength
  for (let length = message.readUInt8(at); length > 0; length = message.readUInt8(at)) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  return { name: labels.join('.').toLowerCase(), end: at + 1 }
}

function record(address: string): Buffer {
  const data = addressBytes(address)
  const head = Buffer.alloc(12)
  // The name is that of the question.
  head.writeUInt16BE(0xc0_0c, 0)
  head.writeUInt16BE(isIPv6(address) ? 28 : 1, 2)
  head.writeUInt16BE(1, 4)
  head.writeUInt16BE(data.length, 10)
  return Buffer.concat([head, data])
}

function addressBytes(address: string): Buffer {
  if (!isIPv6(address)) return Buffer.from(address.split('.').map(Number))
  const [left = '', right] = address.split('::')
  const groups = (text: string): number[] =>
    text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16))
  const after = right === undefined ? [] : groups(right)
  const before = groups(left)
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => 0)
  return Buffer.from([...before, ...zeros, ...after].flatMap((group) => [group >> 8, group & 255]))
}
