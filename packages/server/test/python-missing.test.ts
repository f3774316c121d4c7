import { chmod, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { Answer } from './support/api-caller.ts'
import { python } from './support/python.ts'
import { TestServer, type TestServerOptions } from './support/test-server.ts'

let folder: string
let fake: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tandem-python-'))
  fake = join(folder, 'python3')
})

afterAll(() => rm(folder, { recursive: true }))

/** Makes the server's Python another program. */
async function become(script: string): Promise<void> {
  await writeFile(fake, `#!/bin/sh\n${script}\n`)
  await chmod(fake, 0o755)
}

/** What a Python like that says of itself. */
function say(version: string): string {
  const known = { executable: '/opt/other/bin/python3', prefix: '/opt/other', baseFolders: [] }
  return `echo '${JSON.stringify({ ...known, version })}'`
}

async function start(
  options: TestServerOptions,
): Promise<(code: string, language?: string) => Promise<Answer>> {
  const server = await TestServer.forTest({ poolSize: 0, ...options })
  const { id } = await server.createSession()
  return (code, language = 'python') =>
    server.api('POST', `/v2/interact/${id}/execute`, { code, language })
}

test.skipIf(python === undefined)(
  'a Python that will not do is named with what to do, and tried again with the next execution',
  async () => {
    await become('exit 1')
    const run = await start({ python: fake })
    for (const [script, problem] of [
      ['exit 1', /is no Python 3 that runs\. Install Python 3\.10 or newer/],
      ['echo Python 2.7.18', /is no Python 3 that runs/],
      [say('3.8.2'), /Python 3\.8\.2, which Playwright does not run on/],
      [say('3.12.1'), /\(Python 3\.12\.1\) has no Playwright\. Run:/],
    ] as const) {
      await become(script)
      const { status, body } = await run('print(1)')
      expect(status).toBe(503)
      expect(body).toMatchObject({ success: false, error: expect.stringMatching(problem) })
      expect(body).toMatchObject({
        error: expect.stringContaining(`${fake} -m pip install playwright==`),
      })
    }
    // The session does not suffer from it.
    expect(await run('6 * 7', 'node')).toMatchObject({ status: 200, body: { result: '42' } })
    await become(`exec '${python}' "$@"`)
    expect(await run('print(6 * 7)')).toMatchObject({ status: 200, body: { result: '42' } })
  },
)

test.skipIf(python === undefined)(
  'without a setting it is looked for in the data folder',
  async () => {
    const run = await start({ python: undefined, dataDir: folder })
    // The machine may well have one of its own.
    vi.stubEnv('PATH', folder)
    await become('exit 1')
    const refused = await run('print(1)')
    vi.unstubAllEnvs()
    expect(refused).toMatchObject({ status: 503 })
    expect(refused.body).toMatchObject({
      error: expect.stringContaining(`python3 -m venv '${folder}/python'`),
    })
    await symlink(dirname(dirname(python as string)), join(folder, 'python'))
    expect(await run('print(6 * 7)')).toMatchObject({ status: 200, body: { result: '42' } })
  },
)
