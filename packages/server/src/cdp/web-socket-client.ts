import type { WebSocket } from 'ws'
import type { CdpClient, ClientSink } from './client.ts'
import { type CdpMessage, serialize } from './message.ts'

/** Bytes of the largest message that a client may send: hardly more than Chromium takes. */
export const maximumClientMessageBytes = 100 * 1024 * 1024

/** Bytes that wait for a client which does not read; above that it is cut off. */
const maximumBufferedBytes = 64 * 1024 * 1024

/**
 * Carries messages between a WebSocket and a browser until one of them is gone.
 *
 * @param connect Lets the client in.
 */
export async function serveWebSocket(
  webSocket: WebSocket,
  connect: (sink: ClientSink) => Promise<CdpClient>,
): Promise<void> {
  // Nothing is read before there is somebody to take it.
  webSocket.pause()
  webSocket.on('error', () => webSocket.terminate())
  let client: CdpClient
  try {
    client = await connect({
      send: (message) => {
        const text =
          webSocket.bufferedAmount > maximumBufferedBytes ? undefined : serialize(message)
        if (text === undefined) webSocket.terminate()
        else webSocket.send(text)
      },
      close: (reason) => webSocket.close(1000, reason),
    })
  } catch {
    webSocket.resume()
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
  webSocket.resume()
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
