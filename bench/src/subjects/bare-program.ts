/**
 * A process that does as little between two others as can be done: what it costs, everything that
 * stands there costs as well.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type Server, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { type RawData, WebSocket, WebSocketServer } from 'ws'
import { serveMeasurements } from './measured-program.ts'

const closers: (() => void)[] = []

serveMeasurements({ relay, answer }, async () => {
  for (const close of closers) close()
})

/** Passes CDP messages on, each with another id, and gives the address to connect to. */
async function relay(cdpUrl: string): Promise<string> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false })
  closers.push(() => server.close())
  await once(server, 'listening')
  server.on('connection', (client) => {
    const browser = new WebSocket(cdpUrl, { perMessageDeflate: false })
    closers.push(() => browser.terminate())
    const ready = once(browser, 'open')
    client.on('message', (data) => {
      void ready.then(() => browser.send(renumbered(data, 1)))
    })
    browser.on('message', (data) => client.send(renumbered(data, -1)))
  })
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function renumbered(data: RawData, by: number): string {
  const message = JSON.parse((data as Buffer).toString('utf8')) as { id?: number }
  return JSON.stringify(message.id === undefined ? message : { ...message, id: message.id + by })
}

/** An HTTP server that has a child say each body back, and gives its address. */
async function answer(): Promise<string> {
  const child = spawn('cat', { stdio: ['pipe', 'pipe', 'ignore'] })
  const server: Server = createServer((request, response) => {
    void text(request).then((body) => {
      child.stdout.once('data', (said: Buffer) => {
        response.setHeader('content-type', 'application/json')
        response.end(JSON.stringify({ success: true, result: JSON.parse(said.toString('utf8')) }))
      })
      child.stdin.write(JSON.stringify(JSON.parse(body)))
    })
  })
  closers.push(
    () => child.kill(),
    () => server.close(),
    () => server.closeAllConnections(),
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
