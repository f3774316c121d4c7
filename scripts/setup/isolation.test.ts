import { execFile } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { isolationNote } from './isolation.mjs'

const runScript = fileURLToPath(new URL('../run.mjs', import.meta.url))

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tandem-set-up-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

interface Outcome {
  code: number
  stdout: string
  stderr: string
}

/** `npm run <job>` on a machine whose bubblewrap makes no sandboxes. */
async function runWithoutSandboxes(
  args: string[],
  variables: NodeJS.ProcessEnv = {},
): Promise<Outcome> {
  const bwrap = join(folder, 'bwrap')
  writeFileSync(
    bwrap,
    '#!/bin/sh\n[ "$1" != --version ] || exec echo bubblewrap 0.9.0\necho not today >&2\nexit 1\n',
  )
  chmodSync(bwrap, 0o755)
  const ofCaller = new Set(['TANDEM_ISOLATION', 'TANDEM_API_KEYS', 'NODE_OPTIONS'])
  const inherited = Object.entries(process.env).filter(([name]) => !ofCaller.has(name))
  const env = {
    ...Object.fromEntries(inherited),
    TANDEM_BWRAP: bwrap,
    TANDEM_DATA_DIR: join(folder, 'data'),
    ...variables,
  }
  return new Promise((resolve) => {
    // A server that starts after all does not end by itself.
    const options = { env, timeout: 40_000 }
    execFile(process.execPath, [runScript, ...args], options, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr })
    })
  })
}

test.runIf(process.platform === 'linux')(
  'npm start refuses to serve, and is not told to run without isolation',
  async () => {
    const { code, stdout, stderr } = await runWithoutSandboxes(['start', '--port', '0'])
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain('Sessions cannot be isolated on this machine')
    expect(stderr).toContain('not today')
  },
  60_000,
)

test.runIf(process.platform === 'linux')(
  'the tour goes on without isolation and says so in one line, unless told otherwise',
  async () => {
    // Says what the job was given, before the job itself says that it wants no such page.
    const spy = join(folder, 'spy.cjs')
    writeFileSync(
      spy,
      `if (/tour.src.main/.test(process.argv[1])) console.log('isolation:', process.env.TANDEM_ISOLATION)`,
    )
    const NODE_OPTIONS = `--require ${spy}`
    const tour = ['tour', 'no-page']
    const told = await runWithoutSandboxes(tour, { NODE_OPTIONS })
    expect(told).toMatchObject({ code: 2, stdout: 'isolation: none\n' })
    expect(told.stderr.match(/^Optional: sessions cannot be isolated here\. .*$/gm)).toEqual([
      expect.stringMatching(/not today.*The tour runs without isolation\.$/),
    ])
    const strict = await runWithoutSandboxes(tour, { NODE_OPTIONS, TANDEM_ISOLATION: 'bubblewrap' })
    expect(strict.stdout).toBe('isolation: bubblewrap\n')
    expect(strict.stderr).not.toContain('without isolation')
  },
  60_000,
)

test('the note holds the command when there is one', () => {
  const sentence = 'bubblewrap is not installed.'
  const reason = 'bubblewrap-missing'
  expect(isolationNote({ reason, sentence, remedy: ['    sudo apk add bubblewrap'] })).toBe(
    'Optional: sessions cannot be isolated here. bubblewrap is not installed. To change that: sudo apk add bubblewrap.',
  )
  expect(isolationNote({ reason, sentence, remedy: ['Do this:', '    this'] })).toContain(
    'npm run doctor',
  )
})
