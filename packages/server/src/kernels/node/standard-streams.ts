import { writeSync } from 'node:fs'
import { Writable } from 'node:stream'

/**
 * Makes `process.stdout` and `process.stderr` write at once. Node's own are
 * asynchronous on pipes: what a killed execution printed last would be lost,
 * and a loop that prints would fill the memory.
 */
export function installStandardStreams(): void {
  for (const [name, descriptor] of [
    ['stdout', 1],
    ['stderr', 2],
  ] as const) {
    const stream = new Writable({
      decodeStrings: true,
      write: (chunk: Buffer, _encoding, done) => {
        writeFully(descriptor, chunk)
        done()
      },
    })
    Object.defineProperty(process, name, {
      configurable: true,
      enumerable: true,
      value: Object.assign(stream, { fd: descriptor, isTTY: false }),
    })
  }
}

/** Writes all of it to a descriptor, waiting while the reader is behind. */
export function writeFully(descriptor: number, bytes: Buffer): void {
  let offset = 0
  while (offset < bytes.length) {
    try {
      offset += writeSync(descriptor, bytes, offset)
    } catch (error) {
      // The pipe is full, and set not to block by whoever else has it open.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
      Atomics.wait(sleepCell, 0, 0, 1)
    }
  }
}

/** Never woken: a wait on it is a sleep that blocks the thread. */
const sleepCell = new Int32Array(new SharedArrayBuffer(4))
