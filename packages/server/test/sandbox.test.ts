import { mkdtemp, readFile, readlink, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isolationAvailable } from './support/isolation.ts'
import { RawClient } from './support/raw-client.ts'
import { type SessionProcess, processesOf } from './support/session-processes.ts'
import { TestServer } from './support/test-server.ts'

let server: TestServer
let session: { id: string; cdpUrl: string }

async function execute(code: string, id = session.id): Promise<string> {
  const { body } = await server.api<{ stdout: string; result: string; error?: string }>(
    'POST',
    `/v2/interact/${id}/execute`,
    { code },
  )
  expect(body.error).toBeUndefined()
  return body.result
}

/** What runs in the sandboxes, without what makes them. */
async function insiders(): Promise<SessionProcess[]> {
  const processes = await processesOf(session.id)
  return processes.filter(({ commandLine }) => !/^\S*bwrap /.test(commandLine))
}

/** The namespaces of a process by their kind. */
async function namespaces(pid: number | 'self'): Promise<Record<string, string>> {
  const kinds = ['user', 'mnt', 'pid', 'net', 'ipc', 'uts', 'cgroup']
  const links = kinds.map(
    async (kind) => [kind, await readlink(`/proc/${pid}/ns/${kind}`)] as const,
  )
  return Object.fromEntries(await Promise.all(links)) as Record<string, string>
}

async function statusOf(pid: number): Promise<string> {
  return readFile(`/proc/${pid}/status`, 'utf8')
}

function isKernel({ commandLine }: SessionProcess): boolean {
  return commandLine.includes('kernels/node/main')
}

describe.skipIf(!isolationAvailable)('a sandbox', () => {
  beforeAll(async () => {
    server = await TestServer.start()
    session = await server.createSession()
    await execute('1')
  }, 60_000)
  afterAll(() => server.close())

  test('no process of a session is root, or has a right, or can get one', async () => {
    const processes = await insiders()
    expect(processes.length).toBeGreaterThan(4)
    for (const { pid, commandLine } of processes) {
      const status = await statusOf(pid)
      expect(status).toMatch(/^NoNewPrivs:\s1$/m)
      for (const kind of ['Uid', 'Gid']) {
        const ids = new RegExp(`^${kind}:\\s(.*)$`, 'm').exec(status)?.[1]?.split('\t')
        expect(ids).not.toContain('0')
        expect(new Set(ids).size).toBe(1)
      }
      expect(status).toMatch(/^Groups:\s*$/m)
      // Chromium's zygotes have rights in a user namespace of their own, in which they give them up.
      if (!commandLine.includes('--type=')) expect(status).toMatch(/^CapEff:\s0+$/m)
    }
  })

  test('browser and kernel have every namespace to themselves', async () => {
    const processes = await insiders()
    const kernel = processes.find(isKernel)
    const browser = processes.find(
      ({ commandLine }) => !/--type=/.test(commandLine) && /headless/.test(commandLine),
    )
    const [ours, kernels, browsers] = await Promise.all([
      namespaces('self'),
      namespaces(kernel?.pid as number),
      namespaces(browser?.pid as number),
    ])
    for (const kind of Object.keys(ours)) {
      expect(new Set([kind, ours[kind], kernels[kind], browsers[kind]]).size).toBe(4)
    }
  })

  test("Chromium's own sandbox is on inside", async () => {
    const renderer = (await insiders()).find(({ commandLine }) =>
      /--type=renderer/.test(commandLine),
    )
    const status = await statusOf(renderer?.pid as number)
    expect(status).toMatch(/^Seccomp:\s2$/m)
    const browser = (await insiders()).find(
      ({ commandLine }) =>
        /--remote-debugging-pipe/.test(commandLine) && !/--type=/.test(commandLine),
    )
    const [inner, outer] = await Promise.all([
      namespaces(renderer?.pid as number),
      namespaces(browser?.pid as number),
    ])
    for (const kind of ['user', 'pid', 'net']) expect(inner[kind]).not.toBe(outer[kind])
    expect((await insiders()).some(({ commandLine }) => commandLine.includes('--no-sandbox'))).toBe(
      false,
    )
    const health = await server.api<{ chromiumSandbox: boolean }>('GET', '/health')
    expect(health.body.chromiumSandbox).toBe(true)
  })

  test('the environment of a kernel is its own', async () => {
    process.env['TANDEM_TEST_SECRET'] = 'a secret of the operator'
    try {
      const other = await server.createSession()
      const names = JSON.parse(
        await execute('Object.keys(process.env).sort()', other.id),
      ) as string[]
      expect(names).not.toContain('TANDEM_TEST_SECRET')
      expect(names).toEqual([
        ...['ALL_PROXY', 'HOME', 'HTTPS_PROXY', 'HTTP_PROXY', 'LANG', 'NODE_USE_ENV_PROXY'],
        ...['NO_PROXY', 'PATH', 'PWD', 'SESSION_ID', 'TANDEM_PROCESS', 'TMPDIR'],
        ...['all_proxy', 'http_proxy', 'https_proxy', 'no_proxy'],
      ])
      await server.api('DELETE', `/v2/interact/${other.id}`)
    } finally {
      delete process.env['TANDEM_TEST_SECRET']
    }
  })

  test('nothing of this machine can be read but programs, and nothing written but work and tmp', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tandem-canary-'))
    try {
      await writeFile(join(folder, 'canary'), 'secret', { mode: 0o666 })
      const seen = JSON.parse(
        await execute(`
        const fs = require('node:fs')
        const attempt = (action) => { try { return action() ?? 'done' } catch (error) { return error.code } }
        ;({
          canary: attempt(() => fs.readFileSync('${folder}/canary', 'utf8')),
          data: attempt(() => fs.readdirSync('${server.dataDirectory}')),
          home: attempt(() => fs.readdirSync('/root')),
          shadow: attempt(() => fs.readFileSync('/etc/shadow', 'utf8')),
          users: fs.readFileSync('/etc/passwd', 'utf8').split('\\n').filter(Boolean).map((line) => line.split(':')[0]),
          root: fs.readdirSync('/').sort(),
          written: ['/x', '/usr/x', '/etc/x', '/opt/tandem/x', '/dev/x', '/proc/x', '/work/x', '/tmp/x', '/dev/shm/x']
            .filter((path) => attempt(() => fs.writeFileSync(path, 'x')) === 'done'),
          devices: fs.readdirSync('/dev').sort(),
        })`),
      ) as Record<string, unknown>
      expect(seen).toMatchObject({
        canary: 'ENOENT',
        data: 'ENOENT',
        home: 'ENOENT',
        shadow: 'ENOENT',
        users: ['tandem', 'nobody'],
        written: ['/work/x', '/tmp/x', '/dev/shm/x'],
      })
      const allowed = [
        'bin',
        'dev',
        'etc',
        'lib',
        'lib32',
        'lib64',
        'libx32',
        'opt',
        'proc',
        'sbin',
        'tmp',
        'usr',
        'var',
        'work',
      ]
      for (const name of seen['root'] as string[]) expect(allowed).toContain(name)
      for (const name of seen['devices'] as string[])
        expect(name).not.toMatch(/^(sd|vd|nvme|mem|kvm|fuse|disk|loop)/)
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  test('no other process can be seen or ended', async () => {
    const own = JSON.parse(
      await execute(
        `require('node:fs').readdirSync('/proc').filter((name) => /^\\d+$/.test(name)).map(Number)`,
      ),
    ) as number[]
    expect(own.length).toBeLessThan(10)
    expect(Math.max(...own)).toBeLessThan(1_000)
    await execute(`require('node:child_process').spawnSync('kill', ['-9', '-1']); 1`).catch(
      () => {},
    )
    expect((await server.api('GET', '/health')).status).toBe(200)
    const { body } = await server.api('GET', `/v2/interact/${session.id}`)
    expect(body).toMatchObject({ status: 'active' })
    await execute('1 + 1').catch(() => {})
  })

  test('the only network is a loopback of its own', async () => {
    const canary = createServer((socket) => socket.end('secret'))
    let reached = 0
    canary.on('connection', () => (reached += 1))
    await new Promise<void>((resolve) => canary.listen(0, '0.0.0.0', resolve))
    const { port } = canary.address() as { port: number }
    const addresses = ['127.0.0.1', '::1', '0.0.0.0', '10.0.0.1', '169.254.169.254', '1.1.1.1']
    try {
      const seen = JSON.parse(
        await execute(`
        const net = require('node:net')
        const dgram = require('node:dgram')
        const connect = (host) => new Promise((resolve) => {
          const socket = net.connect({ host, port: ${port} })
          socket.on('connect', () => resolve('connected')).on('error', (error) => resolve(error.code))
        })
        const send = (host) => new Promise((resolve) => {
          const socket = dgram.createSocket('udp4')
          socket.send('x', 53, host, (error) => { socket.close(); resolve(error?.code ?? 'sent') })
        })
        const lookUp = (name) => require('node:dns').promises.lookup(name).then(() => 'found', (error) => error.code)
        ;({
          interfaces: Object.keys(require('node:os').networkInterfaces()),
          tcp: await Promise.all(${JSON.stringify(addresses)}.map(connect)),
          udp: await Promise.all(['8.8.8.8', '10.0.0.1'].map(send)),
          name: await lookUp('example.com'),
        })`),
      ) as Record<string, unknown>
      expect(seen).toEqual({
        interfaces: ['lo'],
        tcp: [
          'ECONNREFUSED',
          'ECONNREFUSED',
          'ECONNREFUSED',
          'ENETUNREACH',
          'ENETUNREACH',
          'ENETUNREACH',
        ],
        udp: ['ENETUNREACH', 'ENETUNREACH'],
        name: expect.stringMatching(/^E/),
      })
      expect(reached).toBe(0)
    } finally {
      canary.close()
    }
  })

  test('browser and kernel share the work folder, and another session nothing', async () => {
    const client = await RawClient.connect(session.cdpUrl)
    await execute(
      `require('node:fs').writeFileSync('/work/shared.txt', 'from the kernel'); require('node:fs').writeFileSync('/tmp/own.txt', 'own'); 1`,
    )
    const other = await server.createSession()
    const seen = await execute(
      `JSON.stringify([require('node:fs').readdirSync('/work'), require('node:fs').existsSync('/tmp/own.txt')])`,
      other.id,
    )
    expect(JSON.parse(seen)).toEqual([[], false])
    const shared = await execute(`
    const input = await page.evaluateHandle(() => Object.assign(document.createElement('input'), { type: 'file' }))
    const cdp = await context.newCDPSession(page)
    const { root } = await cdp.send('DOM.getDocument')
    await page.evaluate((element) => document.documentElement.append(element), input)
    const { nodeId } = await cdp.send('DOM.querySelector', { nodeId: root.nodeId, selector: 'input' })
    await cdp.send('DOM.setFileInputFiles', { nodeId, files: ['/work/shared.txt'] })
    await page.evaluate(async () => document.querySelector('input').files[0].text())`)
    expect(shared).toBe('from the kernel')
    await server.api('DELETE', `/v2/interact/${other.id}`)
    await client.close()
  })

  test('nobody can have processes without end', async () => {
    const bounds = async (pid: number): Promise<number> => {
      const limits = await readFile(`/proc/${pid}/limits`, 'utf8')
      return Number(/^Max processes +\S+ +(\S+)/m.exec(limits)?.[1])
    }
    const kernel = (await insiders()).find(isKernel) as SessionProcess
    expect(await bounds(kernel.pid)).toBeLessThanOrEqual(512)
    const renderers = (await insiders()).filter(({ commandLine }) =>
      commandLine.includes('--type=renderer'),
    )
    for (const { pid } of renderers) expect(await bounds(pid)).toBeLessThanOrEqual(2_048)
  })

  test('nobody can have files open without end', async () => {
    const code = `
    const fs = require('node:fs')
    const open = []
    let failure
    while (!failure && open.length < 20_000) try { open.push(fs.openSync('/dev/null')) } catch (error) { failure = error.code }
    for (const file of open) fs.closeSync(file)
    JSON.stringify([failure, open.length > 4_000 && open.length < 4_096])`
    expect(JSON.parse(await execute(code))).toEqual(['EMFILE', true])
    for (const { pid, commandLine } of await insiders()) {
      const limits = await readFile(`/proc/${pid}/limits`, 'utf8')
      const [, most] = /^Max open files +\d+ +(\d+) /m.exec(limits) ?? []
      if (/--remote-debugging-pipe/.test(commandLine))
        expect(Number(most)).toBeLessThanOrEqual(16_384)
    }
  })

  test('the temporary folder has an end', async () => {
    const code = `
    const fs = require('node:fs')
    const file = fs.openSync('/tmp/large', 'w')
    const block = Buffer.alloc(8 * 1024 * 1024)
    let failure, written = 0
    while (!failure && written < 1024) try { fs.writeSync(file, block); written += 8 } catch (error) { failure = error.code }
    fs.closeSync(file); fs.rmSync('/tmp/large')
    JSON.stringify([failure, written <= 256])`
    expect(JSON.parse(await execute(code))).toEqual(['ENOSPC', true])
  })
})
