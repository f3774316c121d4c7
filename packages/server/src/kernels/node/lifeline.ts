import { Worker } from 'node:worker_threads'
import { lifelineDescriptor } from '../protocol.ts'

/**
 * Ends this kernel with all that it started when the server is gone, even
 * while user code keeps the main thread busy: a thread of its own waits for
 * the end of a pipe that only the server holds.
 */
export function dieWithServer(): void {
  const program = `
    const { Socket } = require('node:net')
    new Socket({ fd: ${lifelineDescriptor} }).resume().on('error', () => {}).on('close', () => {
      process.kill(-process.pid, 'SIGKILL')
    })
  `
  const worker = new Worker(program, {
    eval: true,
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 },
  })
  worker.unref()
}
