import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { processorTimeOf, usedBetween } from './processor-time.ts'

/** Works for 200 ms of processor time in the inner process, then waits. */
const program = `
  const inner = \`
    const until = 200_000
    while (process.cpuUsage().user + process.cpuUsage().system < until);
    process.stdout.write('done')
    setInterval(() => {}, 1000)\`
  const child = require('node:child_process').spawn(process.execPath, ['-e', inner], { stdio: 'inherit' })
  setInterval(() => {}, 1000)`

test.runIf(process.platform === 'linux')(
  'work of what a process has started is counted apart from its own',
  async () => {
    const child = spawn(process.execPath, ['-e', program], { detached: true })
    try {
      await once(child.stdout, 'data')
      const first = await processorTimeOf(child.pid ?? 0)
      const { own, started } = usedBetween({ own: 0, started: new Map() }, first)
      expect(started).toBeGreaterThanOrEqual(180)
      expect(own).toBeGreaterThan(0)
      expect(first.started.size).toBe(1)
      // It only waits from here on.
      const second = await processorTimeOf(child.pid ?? 0)
      expect(usedBetween(first, second).started).toBeLessThan(100)
    } finally {
      const exited = once(child, 'exit')
      process.kill(-(child.pid ?? 0), 'SIGKILL')
      await exited
    }
  },
)
