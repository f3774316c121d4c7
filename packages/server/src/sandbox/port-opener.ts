import type { ChildProcess } from 'node:child_process'
import { Server } from 'node:net'
import type { LoopbackPort } from './isolation.ts'
import { ProcessStartError } from './supervised-process.ts'

/** Milliseconds until the ports of a process must be open. */
const deadline = 10_000

/**
 * A program that runs inside a sandbox for a moment before anything else does:
 * it opens the ports that are its arguments and gives the listening sockets to
 * the server over Node's IPC channel. A listening socket belongs to the network
 * namespace that it was made in, wherever it is accepted from: so nothing has
 * to stay behind to relay the connections. Plain source text, because it is
 * run where the sandbox has no files of the server. It ends when the server closes the channel.
 */
export const portOpenerSource = `
const { createServer } = require('node:net')
for (const port of process.argv.slice(1).map(Number)) {
  const server = createServer()
  server.listen(port, '127.0.0.1', () => process.send({ port }, server))
}
process.on('disconnect', () => process.exit())
`

/**
 * Takes the ports of a process that was started with the port opener.
 *
 * @throws ProcessStartError when they do not come.
 */
export async function receivePorts(
  child: ChildProcess,
  ports: readonly LoopbackPort[],
): Promise<Server[]> {
  const servers = new Map<LoopbackPort, Server>()
  let timer: NodeJS.Timeout | undefined
  try {
    await new Promise<void>((resolve, reject) => {
      const fail = (why: string): void => {
        reject(new ProcessStartError(`The ports of the sandbox could not be opened: ${why}.`))
      }
      timer = setTimeout(() => fail(`nothing came within ${deadline} ms`), deadline)
      child.once('error', () => fail('it was not started'))
      child.once('exit', () => fail('it ended at once'))
      child.once('disconnect', () => fail('its channel was closed'))
      child.on('message', (message: { port?: unknown } | null, handle: unknown) => {
        const port = ports.find((candidate) => candidate.port === message?.port)
        if (!port || !(handle instanceof Server) || servers.has(port)) return
        handle.on('connection', port.onConnection)
        servers.set(port, handle)
        if (servers.size === ports.length) resolve()
      })
    })
    return [...servers.values()]
  } catch (error) {
    for (const server of servers.values()) server.close()
    throw error
  } finally {
    clearTimeout(timer)
    child.removeAllListeners('message')
    if (child.connected) child.disconnect()
  }
}
