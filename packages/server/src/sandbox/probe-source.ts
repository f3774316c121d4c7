import { z } from 'zod'

/** What the probe tells of the sandbox that it runs in. */
export const probeFindings = z.object({
  /** Identities of its namespaces, such as `net:[4026531840]`, by name. */
  namespaces: z.record(z.string(), z.string()),
  networkInterfaces: z.array(z.string()),
  /** Bytes that its processes may share in memory. */
  sharedMemory: z.number(),
  /** Whether a program of the machine that listens on loopback could be reached. */
  reachesMachine: z.boolean(),
  /** What the server sent over the port that it opened in the sandbox. */
  portAnswer: z.string(),
})

/**
 * A program that looks around in a sandbox. It waits for a byte on descriptor 3
 * and gets the port of a server on the machine's loopback, the port that must
 * be its own, and the folder that it may write to. Plain source text, because
 * it is run where the sandbox has no files of the server.
 */
export const probeSource = `
const { readFileSync, readlinkSync, readSync, statfsSync, writeFileSync } = require('node:fs')
const { connect } = require('node:net')
const [machinePort, ownPort, folder] = process.argv.slice(1)
const ask = (port) => new Promise((resolve) => {
  let text = ''
  const socket = connect(Number(port), '127.0.0.1')
  socket.setTimeout(20_000, () => socket.destroy())
  socket.on('connect', () => { text = 'connected' })
  socket.on('data', (chunk) => { text = String(chunk); socket.destroy() })
  socket.on('error', () => {})
  socket.on('close', () => resolve(text))
})
readSync(3, Buffer.alloc(1))
const namespaces = {}
for (const name of ['user', 'mnt', 'pid', 'ipc', 'uts', 'net', 'cgroup']) {
  try { namespaces[name] = readlinkSync('/proc/self/ns/' + name) } catch {}
}
const networkInterfaces = readFileSync('/proc/net/dev', 'utf8')
  .split('\\n').slice(2).map((line) => line.split(':')[0].trim()).filter(Boolean)
const { blocks, bsize } = statfsSync('/dev/shm')
writeFileSync(folder + '/probe', '')
Promise.all([ask(machinePort), ask(ownPort)]).then(([machine, portAnswer]) => {
  console.log(JSON.stringify({
    namespaces, networkInterfaces, sharedMemory: blocks * bsize, reachesMachine: machine !== '', portAnswer,
  }))
})
`
