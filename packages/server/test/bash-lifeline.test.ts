import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { isolationAvailable } from './support/isolation.ts'
import { ServerProcess } from './support/server-process.ts'
import { processesOf } from './support/session-processes.ts'

/** With a child, and with a daemon that has left its process group. */
const busy = `agent-browser get url; trap '' TERM HUP INT
  sleep 600 &
  echo begun; while :; do :; done`

test.each(['bubblewrap', 'none'].filter((name) => isolationAvailable || name === 'none'))(
  'a shell ends with a killed server, isolation %s: with its jobs and the daemon of agent-browser',
  async (isolation) => {
    const dataDirectory = await mkdtemp(join(tmpdir(), 'tandem-bash-'))
    onTestFinished(() => rm(dataDirectory, { recursive: true }))
    const server = await ServerProcess.start(dataDirectory, { TANDEM_ISOLATION: isolation })
    const { id } = await server.createSession()
    const response = await fetch(`${server.url}/v2/interact/${id}/execute`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${ServerProcess.keys[0]}`,
        'content-type': 'application/json',
        accept: 'text/event-stream',
      },
      body: JSON.stringify({ code: busy, language: 'bash', timeout: 300 }),
    })
    const reader = (response.body as ReadableStream<Uint8Array>)
      .pipeThrough(new TextDecoderStream())
      .getReader()
    let text = ''
    while (!text.includes('begun')) text += (await reader.read()).value ?? ''
    const commands = async (): Promise<string[]> =>
      (await processesOf(server)).map(({ commandLine }) => commandLine.trim())
    expect(await commands()).toEqual(
      expect.arrayContaining(['sleep 600', expect.stringMatching(/^\S+\/agent-browser-\S+$/)]),
    )
    expect(await server.end('SIGKILL')).toBe(null)
    await expect.poll(commands, { timeout: 5_000 }).toEqual([])
  },
  60_000,
)
