import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { python } from './support/python.ts'
import { ServerProcess } from './support/server-process.ts'
import { processesOf } from './support/session-processes.ts'

// With sandboxes the system ends their processes; without, the kernel has to do so by itself.
test.skipIf(python === undefined)(
  'a server that is killed takes a python kernel along that is in the middle of one operation',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tandem-test-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    const server = await ServerProcess.start(folder, {
      TANDEM_ISOLATION: 'none',
      TANDEM_PYTHON: python as string,
    })
    const { id } = await server.createSession()
    onTestFinished(async () => {
      for (const { pid } of await processesOf(id)) process.kill(pid, 'SIGKILL')
    })
    // No other thread of the interpreter runs while it matches.
    const code = 'import re\nprint("begun")\nre.match("(a+)+$", "a" * 64 + "b")'
    const response = await fetch(`${server.url}/v2/interact/${id}/execute`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${ServerProcess.keys[0]}`,
        accept: 'text/event-stream',
        'content-type': 'application/json',
      },
      body: JSON.stringify({ code, language: 'python' }),
    })
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
    expect((await reader.read()).value).toContain('begun')
    expect(JSON.stringify(await processesOf(id))).toContain('kernels/python/main.py')
    await server.end('SIGKILL')
    await expect.poll(() => processesOf(id), { timeout: 10_000 }).toEqual([])
  },
)
