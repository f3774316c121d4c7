import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { assert, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import type { Finding } from '../src/diagnosis/finding.ts'
import { bwrapScript, failingBwrap } from './support/bwrap-script.ts'
import { isolation, isolationAvailable } from './support/isolation.ts'
import { machineEnvironment } from './support/machine-environment.ts'
import { ServerProcess } from './support/server-process.ts'

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))

let folder: string
let dataDirectory: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tandem-doctor-test-'))
  // Ordinary users have to get at it in some tests.
  await chmod(folder, 0o755)
  dataDirectory = join(folder, 'data')
  return () => rm(folder, { recursive: true })
})

interface Run {
  args?: string[]
  variables?: NodeJS.ProcessEnv
  /** Run by somebody else. */
  uid?: number
  /** Run by another command, which gets that of the doctor as arguments. */
  through?: string[]
}

interface Outcome {
  code: number | null
  stdout: string
  stderr: string
}

async function doctor({
  args = [],
  variables = {},
  uid,
  through = [],
}: Run = {}): Promise<Outcome> {
  const [command = '', ...rest] = [
    ...through,
    process.execPath,
    main,
    'doctor',
    '--port',
    '0',
    ...args,
  ]
  const child: ChildProcessByStdio<null, Readable, Readable> = spawn(command, rest, {
    env: { ...machineEnvironment(), TANDEM_DATA_DIR: dataDirectory, ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: '/',
    ...(uid === undefined ? {} : { uid, gid: uid }),
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const [stdout, stderr] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ])
  return { code: child.exitCode, stdout, stderr }
}

interface Report {
  code: number | null
  canServe: boolean
  of: (id: string) => Finding
}

async function report({ args = [], ...run }: Run = {}): Promise<Report> {
  const { code, stdout, stderr } = await doctor({ ...run, args: [...args, '--json'] })
  assert(stdout !== '', stderr)
  const { canServe, findings } = JSON.parse(stdout) as { canServe: boolean; findings: Finding[] }
  const of = (id: string): Finding => {
    const finding = findings.find((candidate) => candidate.id === id)
    assert(finding, `nothing is said of ${id}`)
    return finding
  }
  return { code, canServe, of }
}

/** So that no browser is started where none is asked about. */
const noBrowser = { TANDEM_CHROMIUM: '/bin/true' }
/** Nor a sandbox. */
const neither = { ...noBrowser, TANDEM_BWRAP: '/bin/true' }

describe('on this machine', { timeout: 60_000 }, () => {
  test('a line for each thing, the conclusion last, and nothing that is secret', async () => {
    const variables = { TANDEM_API_KEYS: 'a-key-that-nobody-sees' }
    const { code, stdout, stderr } = await doctor({ variables })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    for (const title of [
      'system',
      'configuration',
      'data folder',
      'address',
      'bubblewrap',
      'user namespaces',
      'sandbox',
      'sandbox network',
      'browser',
      'browser start',
      'Python',
      'agent-browser',
      'memory',
      'disk',
      'control groups',
      'process limits',
    ]) {
      expect(stdout).toMatch(new RegExp(`^[✓!–] ${title} +\\S`, 'm'))
    }
    expect(stdout).not.toContain('✗')
    expect(stdout.trim().split('\n').at(-1)).toMatch(/^✓ The server starts here/)
    expect(stdout).not.toContain('a-key-that-nobody-sees')
    expect(existsSync(dataDirectory)).toBe(false)
  })

  test.skipIf(!isolationAvailable)(
    'says what the sandbox is made of, and leaves none',
    async () => {
      const { canServe, of } = await report({ variables: { TMPDIR: folder } })
      expect(canServe).toBe(true)
      expect(of('sandbox').summary).toMatch(/\(user, mnt, pid, ipc, uts, net.*\), as user [1-9]/)
      expect(of('sandbox-network')).toMatchObject({ level: 'ok' })
      expect(of('browser-start').summary).toMatch(/in a sandbox, with Chromium's own sandbox on/)
      expect(await readdir(folder)).toEqual([])
    },
  )

  test('isolation none is a warning, and no reason not to start', async () => {
    const variables = { TANDEM_BWRAP: await failingBwrap('no') }
    const { code, canServe, of } = await report({ args: ['--isolation', 'none'], variables })
    expect({ code, canServe }).toEqual({ code: 0, canServe: true })
    expect(of('isolation')).toMatchObject({ level: 'warning' })
    expect(of('isolation').summary).toContain('all rights of this user')
    expect(of('sandbox').level).toBe('warning')
    expect(of('browser-start').summary).toContain('without isolation')
  })
})

describe.skipIf(process.platform !== 'linux')('what keeps it from isolating', () => {
  const isolated = { TANDEM_ISOLATION: 'bubblewrap', ...noBrowser }

  test('a program that is not bubblewrap', async () => {
    const TANDEM_BWRAP = await bwrapScript('echo bash 5.2')
    const { code, of } = await report({ variables: { ...isolated, TANDEM_BWRAP } })
    expect(code).toBe(1)
    expect(of('bubblewrap')).toMatchObject({ level: 'failure' })
    expect(of('bubblewrap').summary).toContain('does not answer --version as bubblewrap does')
    expect(of('sandbox').level).toBe('skipped')
    expect(of('sandbox-network').level).toBe('skipped')
  })

  test('a bubblewrap that is too old', async () => {
    const TANDEM_BWRAP = await failingBwrap('', '0.4.1')
    const { code, of } = await report({ variables: { ...isolated, TANDEM_BWRAP } })
    expect(code).toBe(1)
    expect(of('bubblewrap').summary).toContain('0.6.0 or later is needed')
  })

  test('one that may not set up its user, as on Ubuntu 24.04', async () => {
    const TANDEM_BWRAP = await failingBwrap('bwrap: setting up uid map: Permission denied')
    const { code, of } = await report({ variables: { ...isolated, TANDEM_BWRAP } })
    expect(code).toBe(1)
    // What this machine is known to forbid gets the blame; elsewhere nobody is accused.
    const blamed = [of('user-namespaces'), of('sandbox')].filter(({ level }) => level === 'failure')
    expect(blamed).toHaveLength(1)
    expect(blamed[0]?.summary).toMatch(
      /AppArmor|chroot|container|setting up uid map: Permission denied/,
    )
  })

  const unshare = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user']

  test.skipIf(!isolationAvailable)(
    'no bubblewrap at all, with the command that brings it',
    async () => {
      const hidden = `
      for path in /usr/bin/bwrap /usr/local/bin/bwrap; do
        [ ! -e $path ] || mount --bind /dev/null $path
      done
      exec "$@"`
      const { code, of } = await report({
        variables: { ...isolated, TANDEM_BWRAP: '', PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
        through: ['unshare', ...unshare, '--mount', 'sh', '-c', hidden, 'sh'],
      })
      expect(code).toBe(1)
      expect(of('bubblewrap').summary).toContain('is not installed')
      expect(of('bubblewrap').remedy.join()).toMatch(/bubblewrap/)
      expect(of('sandbox').level).toBe('skipped')
    },
  )

  test.skipIf(!isolationAvailable)('user namespaces that are switched off', async () => {
    const { code, of } = await report({
      variables: isolated,
      through: [
        ...['unshare', '--user', '--map-root-user', 'sh', '-c'],
        ...['echo 0 > /proc/sys/user/max_user_namespaces; exec "$@"', 'sh'],
      ],
    })
    expect(code).toBe(1)
    expect(of('user-namespaces')).toMatchObject({ level: 'failure' })
    expect(of('user-namespaces').remedy.join()).toContain('user.max_user_namespaces=')
  })

  test.skipIf(!isolationAvailable)('a network that is not closed', async () => {
    const { stdout } = await doctor({ variables: noBrowser })
    const [, real] = /bubblewrap +\S+, (\S+)/.exec(stdout) ?? []
    assert(real)
    const TANDEM_BWRAP = await bwrapScript(
      `for argument do
         shift
         [ "$argument" = --unshare-net ] || set -- "$@" "$argument"
       done
       exec '${real}' "$@"`,
    )
    const { code, of } = await report({ variables: { ...isolated, TANDEM_BWRAP } })
    expect(code).toBe(1)
    expect(of('sandbox').summary).toMatch(/shares the net namespace/)
  })
})

describe('what else keeps it from starting', () => {
  test('a configuration that is not right, while the rest is still examined', async () => {
    const variables = { ...neither, TANDEM_MAX_SESSIONS: 'many', TANDEM_LOGLEVEL: 'info' }
    const { code, of } = await report({ variables })
    expect(code).toBe(1)
    expect(of('configuration')).toMatchObject({
      level: 'failure',
      remedy: ['TANDEM_MAX_SESSIONS is "many"; it must be a whole number from 1 to 1000.'],
    })
    expect(of('data-folder').level).toBe('ok')
    const misspelt = await report({ variables: { ...neither, TANDEM_LOGLEVEL: 'info' } })
    expect(misspelt.of('configuration').remedy.join()).toContain('TANDEM_LOG_LEVEL')
  })

  test('a browser that is none, and one that does not start', async () => {
    const none = await report({ variables: neither })
    expect(none.code).toBe(1)
    expect(none.of('browser').summary).toContain('/bin/true does not answer --version')
    expect(none.of('browser-start').level).toBe('skipped')

    const path = join(folder, 'chromium')
    await writeFile(
      path,
      '#!/bin/sh\n[ "$1" != --version ] || exec echo Chromium 150.0.0.0\necho no display >&2\nexit 3\n',
    )
    await chmod(path, 0o755)
    const broken = await report({
      variables: { TANDEM_CHROMIUM: path, TANDEM_ISOLATION: isolation },
    })
    expect(broken.code).toBe(1)
    expect(broken.of('browser').level).toBe('ok')
    expect(broken.of('browser-start')).toMatchObject({ level: 'failure' })
    expect(JSON.stringify(broken.of('browser-start'))).toContain('no display')
  }, 60_000)

  test('a port that is taken', async () => {
    const other = createServer()
    await new Promise<void>((listening) => other.listen(0, '127.0.0.1', listening))
    onTestFinished(() => void other.close())
    const { port } = other.address() as AddressInfo
    const { code, of } = await report({ args: ['--port', String(port)], variables: neither })
    expect(code).toBe(1)
    expect(of('address')).toMatchObject({
      level: 'failure',
      summary: `Port ${port} of 127.0.0.1 is in use.`,
    })
  })

  test('a data folder that is a file, that belongs to all, or to somebody else', async () => {
    await writeFile(dataDirectory, '')
    const file = await report({ variables: neither })
    expect(file.code).toBe(1)
    expect(file.of('data-folder').summary).toContain('a file is in the way')
    await rm(dataDirectory)

    await mkdir(dataDirectory)
    await chmod(dataDirectory, 0o777)
    const open = await report({ variables: neither })
    expect(open.of('data-folder').summary).toContain('can be written to by every user')
  })

  test.skipIf(process.getuid?.() !== 0)('a data folder of somebody else', async () => {
    await mkdir(dataDirectory, { mode: 0o755 })
    const run = { variables: { ...neither, HOME: folder }, uid: 65_534 }
    const there = await report(run)
    expect(there.code).toBe(1)
    expect(there.of('data-folder').summary).toContain('this user is not allowed to')
    await rm(dataDirectory, { recursive: true })
    const parent = await report(run)
    expect(parent.of('data-folder').summary).toContain(`this user may not write to ${folder}`)
  })

  test('a data folder among the programs, which sandboxes see, also by way of a link', async () => {
    const variables = { ...neither, TANDEM_ISOLATION: 'bubblewrap' }
    await symlink('/usr/share', dataDirectory)
    for (const path of ['/usr/local/tandem', join(dataDirectory, 'tandem')]) {
      const { code, of } = await report({ variables: { ...variables, TANDEM_DATA_DIR: path } })
      expect(code).toBe(1)
      expect(of('data-folder').summary).toMatch(/lies in \/usr, which every sandbox can read/)
    }
  })

  test('a data folder that a server uses', async () => {
    const server = await ServerProcess.start(dataDirectory, { TANDEM_ISOLATION: 'none' })
    const { code, of } = await report({ variables: neither })
    expect(code).toBe(1)
    expect(of('data-folder').summary).toContain('is in use by a server that runs')
    expect(await server.end('SIGTERM')).toBe(0)
    expect((await report({ variables: neither })).of('data-folder').level).toBe('ok')
  }, 60_000)
})

test('what is missing for Python is a warning, with what helps', async () => {
  const variables = { ...neither, TANDEM_PYTHON: '', PATH: '/nowhere' }
  const { of } = await report({ variables })
  expect(of('python')).toMatchObject({ level: 'warning' })
  expect(of('python').summary).toContain('code in Python does not run')
  expect(of('python').remedy.join()).toContain('Install Python 3')
})
