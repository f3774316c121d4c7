import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

export interface PackedServer extends AsyncDisposable {
  url: string
  apiKey: string
}

const readySeconds = 30
const closeSeconds = 20

/**
 * Starts the `tandem` command that is installed in a project, and ends it with SIGTERM.
 *
 * @param reachable what its sessions may reach of this machine, as `host:port`
 */
export async function startPackedServer(project: string, reachable: string): Promise<PackedServer> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const apiKey = 'td-packed-install-check'
  const child = spawn(join(project, 'node_modules', '.bin', 'tandem'), ['serve'], {
    cwd: project,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      TANDEM_PORT: String(port),
      TANDEM_API_KEYS: apiKey,
      TANDEM_DATA_DIR: join(project, 'data'),
      TANDEM_EGRESS_ALLOW: reachable,
    },
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text))
  }
  const killGroup = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    } catch {
      // Gone already, which is what is wanted.
    }
  }
  process.once('exit', killGroup)
  const ended = once(child, 'close').then(([code]) => code as number | null)

  const stop = async (): Promise<void> => {
    child.kill('SIGTERM')
    const code = await Promise.race([
      ended,
      delay(closeSeconds * 1000, 'late' as const, { ref: false }),
    ])
    killGroup()
    process.off('exit', killGroup)
    if (code === 'late')
      throw new Error(`tandem serve was still running ${closeSeconds} s after SIGTERM:\n${output}`)
    if (code !== 0) throw new Error(`tandem serve ended with ${code} after SIGTERM:\n${output}`)
  }

  const deadline = Date.now() + readySeconds * 1000
  while (!(await isHealthy(url))) {
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Error(`tandem serve did not start:\n${output}`)
    }
    if (Date.now() > deadline) {
      killGroup()
      throw new Error(`tandem serve was not ready after ${readySeconds} s:\n${output}`)
    }
    await delay(100)
  }
  return { url, apiKey, [Symbol.asyncDispose]: stop }
}

async function isHealthy(url: string): Promise<boolean> {
  const answer = await fetch(`${url}/health`, { signal: AbortSignal.timeout(2_000) }).catch(
    () => undefined,
  )
  await answer?.body?.cancel()
  return answer?.ok === true
}
