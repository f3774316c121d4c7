import type { WebSocket } from 'ws'
import type { CdpClient, ClientSink } from './client.ts'
import { type CdpMessage, serialize } from './message.ts'

/** Bytes of the largest message that a client may send: hardly more than Chromium takes. */
export const maximumClientMessageBytes = 100 * 1024 * 1024

/**
 * Bytes that wait behind the message which a client is reading; above that it
 * is cut off. However large a single message is, and however slow the client
 * reads it, small ones may come behind it.
 */
const maximumWaitingBytes = 16 * 1024 * 1024

/** Bytes that wait for a client; above that nothing more is read from it, so that it asks for no more. */
const patientBytes = 4 * 1024 * 1024

/**
 * Carries messages between a WebSocket and a browser until one of them is gone.
 *
 * @param connect Lets the client in.
 */
export async function serveWebSocket(
  webSocket: WebSocket,
  connect: (sink: ClientSink) => Promise<CdpClient>,
): Promise<void> {
  const brake = new Brake(webSocket)
  // Nothing is read before there is somebody to take it.
  brake.set('connecting', true)
  webSocket.on('error', () => webSocket.terminate())
  /** Sizes of the messages that the client has not read, the oldest first. */
  const unread: number[] = []
  const onSent = (): void => {
    unread.shift()
    brake.set('unread', webSocket.bufferedAmount > patientBytes)
  }
  const send = (text: string | Buffer | undefined): void => {
    const before = webSocket.bufferedAmount
    if (text === undefined || before - (unread[0] ?? 0) > maximumWaitingBytes) {
      webSocket.terminate()
      client.close('The client does not read.')
      return
    }
    webSocket.send(text, { binary: false }, onSent)
    unread.push(webSocket.bufferedAmount - before)
    if (webSocket.bufferedAmount > patientBytes) brake.set('unread', true)
  }
  let client: CdpClient
  try {
    client = await connect({
      send: (message) => send(serialize(message)),
      sendText: send,
      close: (reason) => webSocket.close(1000, reason),
      pause: () => brake.set('browser', true),
      resume: () => brake.set('browser', false),
    })
  } catch {
    brake.set('connecting', false)
    webSocket.close(1011, 'There is no such page, or the browser is gone.')
    return
  }
  webSocket.on('message', (data: Buffer, binary) => {
    const message = binary ? undefined : parse(data.toString('utf8'))
    if (message) {
      client.receive(message)
      return
    }
    webSocket.close(1007, 'Messages are JSON objects in text frames.')
    // What comes behind it has no effect, however long the connection takes to end.
    client.close('The client sent what is no message.')
  })
  webSocket.on('close', () => client.close('The client disconnected.'))
  if (webSocket.readyState !== webSocket.OPEN) client.close('The client disconnected.')
  brake.set('connecting', false)
}

/** Keeps a WebSocket from being read for as long as there is a reason. */
class Brake {
  readonly #webSocket: WebSocket
  readonly #reasons = new Set<string>()

  constructor(webSocket: WebSocket) {
    this.#webSocket = webSocket
  }

  set(reason: 'connecting' | 'unread' | 'browser', holds: boolean): void {
    if (this.#reasons.has(reason) === holds) return
    if (holds) this.#reasons.add(reason)
    else this.#reasons.delete(reason)
    if (this.#reasons.size > 0) this.#webSocket.pause()
    else this.#webSocket.resume()
  }
}

function parse(text: string): CdpMessage | undefined {
  try {
    const message: unknown = JSON.parse(text)
    return typeof message === 'object' && message !== null && !Array.isArray(message)
      ? message
      : undefined
  } catch {
    return undefined
  }
}
