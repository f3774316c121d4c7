import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { assert, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { failingBwrap } from '../test/support/bwrap-script.ts'
import { isolation, isolationAvailable } from '../test/support/isolation.ts'
import { machineEnvironment } from '../test/support/machine-environment.ts'
import { isolationWarnings } from './commands/isolation-warnings.ts'

const main = fileURLToPath(new URL('./main.ts', import.meta.url))
const keyPattern = /td-[A-Za-z0-9_-]{43}/g

let dataDirectory: string

beforeEach(async () => {
  const parent = await mkdtemp(join(tmpdir(), 'tandem-main-'))
  dataDirectory = join(parent, 'data')
  return () => rm(parent, { recursive: true })
})

type Tandem = ChildProcessByStdio<null, Readable, Readable>

function startTandem(args: string[], variables: Record<string, string> = {}): Tandem {
  const child = spawn(process.execPath, [main, ...args], {
    env: {
      ...machineEnvironment(),
      TANDEM_DATA_DIR: dataDirectory,
      // Nobody asks for a session here.
      TANDEM_POOL_SIZE: '0',
      ...variables,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGTERM')
    await once(child, 'exit')
  })
  return child
}

function idIn(output: string): string {
  const [id] = /key_[0-9a-f]{16}/.exec(output) ?? []
  assert(id, `no key id in: ${output}`)
  return id
}

interface Outcome {
  code: number | null
  stdout: string
  stderr: string
}

async function tandem(args: string[], variables?: Record<string, string>): Promise<Outcome> {
  const child = startTandem(args, variables)
  const [stdout, stderr] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ])
  return { code: child.exitCode, stdout, stderr }
}

test('help and version', async () => {
  const [help, version, unknown] = await Promise.all([
    tandem(['--help']),
    tandem(['--version']),
    tandem(['fly']),
  ])
  expect(help).toMatchObject({ code: 0, stderr: '' })
  for (const command of ['serve', 'doctor', 'keys', 'engine'])
    expect(help.stdout).toContain(command)
  const manifest = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'))
  expect(version).toMatchObject({ code: 0, stdout: `${manifest.version}\n` })
  expect(unknown).toMatchObject({ code: 1, stdout: '' })
  expect(unknown.stderr).toContain("unknown command 'fly'")
})

test('keys: add prints the key alone on stdout; list and revoke work on it', async () => {
  expect((await tandem(['keys', 'list'])).stdout).toContain('There is no key yet')
  const added = await tandem(['keys', 'add', '--name', 'build machine'])
  expect(added.code).toBe(0)
  expect(added.stdout).toMatch(/^td-[A-Za-z0-9_-]{43}\n$/)
  const id = idIn(added.stderr)
  expect(added.stderr).not.toContain(added.stdout.trim())

  const listed = await tandem(['keys', 'list'], { TANDEM_API_KEYS: 'key-of-the-environment' })
  expect(listed.stdout).toMatch(
    new RegExp(
      `^${id} +build machine +20\\S+ \\S+Z +never +active +unlimited +unlimited +unlimited +0$`,
      'm',
    ),
  )
  expect(listed.stdout).toMatch(/^key_[0-9a-f]{16} +TANDEM_API_KEYS/m)
  expect(listed.stdout).not.toMatch(/td-|key-of-the-environment/)

  expect(await tandem(['keys', 'revoke', id])).toMatchObject({ code: 0, stderr: '' })
  expect((await tandem(['keys', 'list'])).stdout).toMatch(/revoked 20/)
  const wrong = await tandem(['keys', 'revoke', added.stdout.trim()])
  expect(wrong).toMatchObject({ code: 1, stdout: '' })
  expect(wrong.stderr).toContain('There is no key with this id.')
  expect(wrong.stderr).not.toMatch(keyPattern)
}, 20_000)

test('keys: what a key may do is set, changed and shown', async () => {
  const limits = ['--sessions', '2', '--requests-per-minute', '30', '--credits', '500']
  const id = idIn((await tandem(['keys', 'add', ...limits])).stderr)
  const row = async (): Promise<string> => {
    const { stdout } = await tandem(['keys', 'list'])
    return stdout.split('\n').find((line) => line.startsWith(id)) ?? ''
  }
  expect(await row()).toMatch(/active +2 +30 +500 +0$/)
  expect(await tandem(['keys', 'credits', 'add', id, '25'])).toMatchObject({
    code: 0,
    stdout: 'The key has 525 credits now.\n',
  })
  await tandem(['keys', 'set', id, '--sessions', 'unlimited'])
  expect(await row()).toMatch(/active +unlimited +30 +525 +0$/)
  const [nothing, wrong, unknown] = await Promise.all([
    tandem(['keys', 'set', id]),
    tandem(['keys', 'set', id, '--credits', '-1']),
    tandem(['keys', 'credits', 'add', 'td-typed-by-mistake', '1']),
  ])
  expect(nothing).toMatchObject({ code: 1, stderr: expect.stringContaining('Say what to set') })
  expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining('whole number') })
  expect(unknown).toMatchObject({
    code: 1,
    stderr: 'There is no key with this id. The ids are shown by: tandem keys list\n',
  })
}, 20_000)

test('a wrong configuration ends the command with all that is wrong, and no stack', async () => {
  const variables = { TANDEM_PORT: 'http', TANDEM_API_KEYS: 'tiny', TANDEM_LOGLEVEL: 'info' }
  const { code, stdout, stderr } = await tandem(['serve', '--max-sessions', 'many'], variables)
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(stderr.split('\n')).toEqual([
    'TANDEM_LOGLEVEL has no effect. Did you mean TANDEM_LOG_LEVEL?',
    'The configuration is not right:',
    '  TANDEM_PORT is "http"; it must be a whole number from 0 to 65535 (0 takes any free port).',
    '  TANDEM_API_KEYS: key 1 has 4 characters; a key needs at least 16.',
    '  --max-sessions is "many"; it must be a whole number from 1 to 1000.',
    '',
  ])
})

test('engine says which browser will be used, and where it is', async () => {
  const { code, stdout } = await tandem(['engine'])
  expect(code).toBe(0)
  const [description, path] = stdout.split('\n')
  expect(description).toMatch(/^(headless-shell|chromium) \d+\.\d+/)
  expect(path).toMatch(/^\//)
}, 60_000)

test('isolation none is said; a second time and louder for an address that others reach', () => {
  const warnings = (host: string): string[] => isolationWarnings({ host, isolation: 'none' })
  for (const host of ['127.0.0.1', '127.8.8.8', '::1', 'localhost']) {
    expect(warnings(host)).toEqual([expect.stringContaining('isolation: none')])
  }
  for (const host of ['0.0.0.0', '::', '192.168.1.2', 'tandem.internal', '127.evil.example']) {
    expect(warnings(host)).toHaveLength(2)
    expect(warnings(host)[1]).toContain(`listening on ${host} WITHOUT ISOLATION`)
  }
})

describe('serve', { timeout: 60_000 }, () => {
  /** Where nothing is asked about sandboxes, none is tried. */
  const quick = ['--isolation', 'none']

  /** A server that has said that it listens, and all that it said until then and later. */
  async function serve(args: string[] = [], variables?: Record<string, string>) {
    const child = startTandem(['serve', '--port', '0', ...args], variables)
    let output = ''
    const { promise: url, resolve, reject } = Promise.withResolvers<string>()
    const take = (chunk: unknown): void => {
      output += String(chunk)
      const found = /^Tandem listens on (\S+) \(isolation: (?:bubblewrap|none)\)$/m.exec(output)
      if (found?.[1]) resolve(found[1])
    }
    child.stdout.on('data', take)
    child.stderr.on('data', take)
    child.once('close', () => reject(new Error(`tandem serve ended early:\n${output}`)))
    return { child, url: await url, output: () => output }
  }

  async function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
    child.kill(signal)
    await once(child, 'close')
    return child.exitCode
  }

  async function statusWith(url: string, key: string): Promise<number> {
    const headers = { authorization: `Bearer ${key}` }
    const response = await fetch(`${url}/v2/interact`, { headers })
    await response.arrayBuffer()
    return response.status
  }

  test('shows the first key once, lets it in until it is revoked, and stops when asked', async () => {
    const first = await serve(['--log-level', 'trace'])
    await expect.poll(() => first.output(), { timeout: 10_000 }).toContain('curl -X POST')
    const [key, ...others] = first.output().match(keyPattern) ?? []
    assert(key)
    expect(others).toEqual([])
    expect(first.output()).toContain(`\nexport TANDEM_API_KEY=${key}\n`)
    expect(first.output()).toContain(`(isolation: ${isolation})`)
    expect(first.output().includes('WARNING: isolation: none.')).toBe(!isolationAvailable)
    expect(await statusWith(first.url, key)).toBe(200)
    expect(await statusWith(first.url, `${key}x`)).toBe(401)

    const id = idIn((await tandem(['keys', 'list'])).stdout)
    const second = (await tandem(['keys', 'add'])).stdout.trim()
    expect(await statusWith(first.url, second)).toBe(200)
    expect((await tandem(['keys', 'revoke', id])).code).toBe(0)
    expect(await statusWith(first.url, key)).toBe(401)

    expect(await stop(first.child, 'SIGTERM')).toBe(0)
    // Once in the box, and not in the log, however much that says.
    expect(first.output().match(keyPattern)).toEqual([key])

    const again = await serve()
    expect(await statusWith(again.url, second)).toBe(200)
    expect(await stop(again.child, 'SIGINT')).toBe(0)
    expect(again.output()).not.toMatch(keyPattern)
  })

  test('makes no key when the environment has one, and when all were revoked', async () => {
    const variables = { TANDEM_API_KEYS: 'key-of-the-environment' }
    const server = await serve([], variables)
    expect(await statusWith(server.url, 'key-of-the-environment')).toBe(200)
    expect(await stop(server.child, 'SIGTERM')).toBe(0)
    expect(server.output()).not.toMatch(keyPattern)
    expect(server.output()).not.toContain('key-of-the-environment')

    const id = idIn((await tandem(['keys', 'add'])).stderr)
    await tandem(['keys', 'revoke', id])
    const locked = await serve()
    await expect
      .poll(() => locked.output(), { timeout: 10_000 })
      .toContain('All API keys are revoked')
    expect(await stop(locked.child, 'SIGTERM')).toBe(0)
    expect(locked.output()).not.toMatch(keyPattern)
  })

  test('where it cannot isolate it does not start, and says what is wrong and what helps', async () => {
    const variables = {
      TANDEM_ISOLATION: '',
      TANDEM_BWRAP: await failingBwrap('bwrap: something that nobody has seen before'),
    }
    const { code, stdout, stderr } = await tandem(['serve', '--port', '0'], variables)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    const lines = stderr.trim().split('\n')
    expect(lines[0]).toContain('Sessions cannot be isolated on this machine')
    expect(lines[1]).toContain('something that nobody has seen before')
    expect(stderr).toContain('tandem doctor')
    expect(stderr).toContain('TANDEM_ISOLATION=none')
    expect(stderr).not.toMatch(/^ +at /m)
    const visible = { TANDEM_ISOLATION: '', TANDEM_DATA_DIR: '/usr/tandem-of-a-test' }
    const refused = await tandem(['serve', '--port', '0'], visible)
    expect(refused).toMatchObject({ code: 1, stdout: '' })
    expect(refused.stderr).toContain('lies in /usr, which every sandbox can read')
    // No server, no key.
    expect((await tandem(['keys', 'list'])).stdout).toContain('There is no key yet')
  })

  test('told to run without isolation it says so in what it prints, logs and answers', async () => {
    const variables = {
      TANDEM_ISOLATION: 'none',
      TANDEM_BWRAP: await failingBwrap('bwrap: setting up uid map: Permission denied'),
    }
    const { child, url, output } = await serve(['--log-level', 'debug'], variables)
    const health = (await (await fetch(`${url}/health`)).json()) as { isolation: string }
    expect(health.isolation).toBe('none')
    expect(output()).toContain('WARNING: isolation: none.')
    // By its end all of the log has come.
    expect(await stop(child, 'SIGTERM')).toBe(0)
    const logged = output()
      .split('\n')
      .filter((line) => line.startsWith('{'))
    expect(logged.length).toBeGreaterThan(0)
    for (const line of logged) expect(JSON.parse(line)).toMatchObject({ isolation: 'none' })
  })

  test('a port in use is one sentence and no key is made', async () => {
    const other = createServer()
    await new Promise<void>((listening) => other.listen(0, '127.0.0.1', listening))
    onTestFinished(() => void other.close())
    const { port } = other.address() as AddressInfo
    const outcome = await tandem([
      'serve',
      ...quick,
      '--port',
      String(port),
      '--log-level',
      'silent',
    ])
    expect(outcome).toMatchObject({ code: 1, stdout: '' })
    expect(outcome.stderr.trim().split('\n').at(-1)).toBe(
      `Port ${port} of 127.0.0.1 is in use. Stop the program that listens there, or choose ` +
        'another port with --port or TANDEM_PORT.',
    )
    expect((await tandem(['keys', 'list'])).stdout).toContain('There is no key yet')
  })

  test('an address that this machine does not have is one sentence', async () => {
    // From the range that is kept free for documentation (RFC 5737).
    const outcome = await tandem(['serve', ...quick, '--host', '203.0.113.1', '--port', '0'])
    expect(outcome.code).toBe(1)
    expect(outcome.stderr).toContain('This machine does not have the address 203.0.113.1.')
  })

  test('a second server on the same data folder is refused and the first goes on', async () => {
    const first = await serve(quick)
    const second = await tandem(['serve', ...quick, '--port', '0'])
    expect(second).toMatchObject({ code: 1, stdout: '' })
    expect(second.stderr).toContain(
      `Another Tandem server is using the data folder ${dataDirectory}.`,
    )
    const key = (await tandem(['keys', 'add'])).stdout.trim()
    expect(await statusWith(first.url, key)).toBe(200)
    expect(await stop(first.child, 'SIGTERM')).toBe(0)
  })

  test('a signal during the start still ends it well', async () => {
    // The warning about it comes before everything else.
    const child = startTandem(['serve', '--port', '0', '--isolation', 'none'])
    await once(child.stderr, 'data')
    expect(await stop(child, 'SIGTERM')).toBe(0)
  })
})
