import { execFile, spawn } from 'node:child_process'
import {
  chmod,
  mkdtemp,
  mkdir,
  readFile,
  readdir,
  rm,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { promisify } from 'node:util'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { type Engine, EngineError, findEngine } from './engine.ts'
import { installedExecutables } from './installed-engine.ts'
import { launchArguments } from './launch-arguments.ts'

const bundled = process.platform === 'linux' && process.arch === 'x64'
let folder: string

beforeAll(async () => {
  delete process.env['TANDEM_CHROMIUM']
  folder = await mkdtemp(join(tmpdir(), 'tandem-engine-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function script(path: string, body: string): Promise<string> {
  await writeFile(path, `#!/bin/sh\n${body}\n`)
  await chmod(path, 0o755)
  return path
}

describe.runIf(bundled)('the bundled engine', () => {
  let finders: { engine: Engine; last: { done: number; total: number } }[]
  let engine: Engine
  let cache: string
  let home: string

  beforeAll(async () => {
    cache = join(folder, 'cache')
    const program = `
      process.umask(0o077)
      const { findEngine } = await import(${JSON.stringify(new URL('engine.ts', import.meta.url).href)})
      const reports = []
      const engine = await findEngine({
        cacheDirectory: ${JSON.stringify(cache)},
        onProgress: (progress) => reports.push(progress),
      })
      console.log(JSON.stringify({ engine, last: reports.at(-1) }))`
    const results = await Promise.all(
      [1, 2].map(() =>
        promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program]),
      ),
    )
    const [first, second] = results.map(({ stdout }) => JSON.parse(stdout))
    finders = [first, second]
    engine = first.engine
    home = join(engine.executablePath, '..')
  }, 90_000)

  test('two processes unpack it at once and leave one complete copy', async () => {
    for (const found of finders) {
      expect(found.engine).toEqual(engine)
      expect(found.last.done).toBe(found.last.total)
    }
    expect(engine).toMatchObject({ kind: 'headless-shell', args: ['--headless'] })
    expect(engine.version).toMatch(/^\d+\.\d+\.\d+\.\d+$/)
    expect(await readdir(join(cache, 'engines'))).toHaveLength(1)
  })

  test('an unprivileged user may run it, whatever the umask was', async () => {
    for (const path of [cache, join(cache, 'engines'), home, engine.executablePath]) {
      expect((await stat(path)).mode & 0o777).toBe(0o755)
    }
    for (const entry of await readdir(home, { recursive: true, withFileTypes: true })) {
      const { mode } = await stat(join(entry.parentPath, entry.name))
      expect(mode & 0o022).toBe(0)
      expect(mode & 0o044).toBe(0o044)
    }
  })

  test('a repeat uses what is there', async () => {
    const before = await stat(engine.executablePath)
    const reports: unknown[] = []
    const again = await findEngine({ cacheDirectory: cache, onProgress: (p) => reports.push(p) })
    expect(again).toEqual(engine)
    expect(reports).toEqual([])
    expect((await stat(engine.executablePath)).ino).toBe(before.ino)
  })

  test.each([
    ['a file that was cut', () => truncate(engine.executablePath, 4096)],
    ['a missing font', () => rm(join(home, 'fontconfig', 'fonts'), { recursive: true })],
    ['a broken manifest', () => writeFile(join(home, 'manifest.json'), '{"files":{')],
  ])('%s is repaired', { timeout: 60_000 }, async (_, damage) => {
    await damage()
    expect(await findEngine({ cacheDirectory: cache })).toEqual(engine)
    expect((await stat(engine.executablePath)).size).toBeGreaterThan(1e8)
    expect(await stat(join(home, 'fontconfig', 'fonts'))).toBeDefined()
    expect(await readdir(join(cache, 'engines'))).toHaveLength(1)
  })

  test('a cache that anybody may write to is refused', async () => {
    const shared = join(folder, 'shared')
    await mkdir(join(shared, 'engines'), { recursive: true })
    await chmod(join(shared, 'engines'), 0o777)
    const PATH = process.env['PATH']
    process.env['PATH'] = '/nowhere'
    try {
      await expect(findEngine({ cacheDirectory: shared })).rejects.toThrow(/written to by anybody/)
    } finally {
      process.env['PATH'] = PATH
    }
  })

  test('missing libraries are named with the command that brings them', async () => {
    const binary = await readFile(engine.executablePath)
    const at = binary.indexOf('libexpat.so.1\0')
    expect(at).toBeGreaterThan(0)
    binary.write('libxcb.so.99\0', at, 'latin1')
    const broken = join(folder, 'needs-more')
    await writeFile(broken, binary, { mode: 0o755 })
    await expect(findEngine({ executable: broken })).rejects.toThrow(
      /libxcb\.so\.99.*apt-get install -y libxcb1$/,
    )
    await rm(broken)
  })

  test('answers over the pipe and draws text', async () => {
    expect(await drawsText(engine, folder)).toBe(true)
  })

  test('draws text with the font and the libraries that it brings', async () => {
    const env = {
      FONTCONFIG_PATH: join(home, 'fontconfig'),
      LD_LIBRARY_PATH: join(home, 'system', 'lib'),
    }
    expect(await drawsText({ ...engine, env }, folder)).toBe(true)
    const none = join(folder, 'no-fonts')
    await mkdir(none)
    await writeFile(join(none, 'fonts.conf'), '<fontconfig></fontconfig>')
    expect(await drawsText({ ...engine, env: { FONTCONFIG_PATH: none } }, folder)).toBe(false)
  })

  test('a wrapper that is named is used', async () => {
    const wrapper = await script(join(folder, 'wrapper'), `exec '${engine.executablePath}' "$@"`)
    const found = await findEngine({ executable: wrapper })
    expect(found).toMatchObject({ kind: 'chromium', executablePath: wrapper })
    expect(found.version).toBe(engine.version)
    expect(await drawsText(found, folder)).toBe(true)
  })
})

describe('an executable that is named', () => {
  test.each([
    ['/nowhere/chrome', /not a file that can be executed/],
    [tmpdir(), /not a file that can be executed/],
  ])('%s is refused', async (executable, sentence) => {
    const found = findEngine({ executable })
    await expect(found).rejects.toThrow(EngineError)
    await expect(found).rejects.toThrow(sentence)
  })

  test('must say that it is Chromium', async () => {
    const other = await script(join(folder, 'other'), 'echo other program 1.2')
    await expect(findEngine({ executable: other })).rejects.toThrow(/does not answer --version as/)
  })

  test('must not fail', async () => {
    const failing = await script(join(folder, 'failing'), 'echo no display >&2; exit 3')
    await expect(findEngine({ executable: failing })).rejects.toThrow(/\(no display\)/)
  })
})

test('installed browsers are found in PATH, snaps left out', async () => {
  const bin = join(folder, 'bin')
  await mkdir(bin)
  const chromium = await script(join(bin, 'chromium'), 'echo Chromium 1.2.3.4')
  const chrome = await script(join(bin, 'google-chrome'), 'echo Google Chrome 1.2.3.4')
  await script(join(bin, 'chromium-browser'), 'exec /snap/bin/chromium "$@"')
  await writeFile(join(bin, 'chrome'), 'not executable')
  const found = await installedExecutables({ PATH: `/nowhere:${bin}` })
  expect(found.filter((path) => path.startsWith(bin))).toEqual([chrome, chromium])
})

test('the flags leave the web safe and the sandbox on', () => {
  const flags = launchArguments({
    kind: 'chromium',
    userDataDirectory: '/data',
    sandbox: true,
    proxyServer: 'http://127.0.0.1:3128',
  })
  expect(flags).toContain('--headless=new')
  expect(flags).toContain('--proxy-server=http://127.0.0.1:3128')
  expect(flags.at(-1)).toBe('about:blank')
  const harmful =
    /no-sandbox|disable-web-security|site-isolation|single-process|no-zygote|insecure|debugging-port/
  expect(flags.filter((flag) => harmful.test(flag))).toEqual([])
  expect(new Set(flags.map((flag) => flag.split('=')[0])).size).toBe(flags.length)
})

/** Launches the engine over a pipe; true when black text and white text give different pictures. */
async function drawsText(engine: Engine, parent: string): Promise<boolean> {
  const directory = await mkdtemp(join(parent, 'profile-'))
  const child = spawn(
    engine.executablePath,
    launchArguments({
      kind: engine.kind,
      userDataDirectory: directory,
      sandbox: false,
      // The page is data: nothing is asked for.
      proxyServer: 'http://127.0.0.1:9',
    }),
    {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'], HOME: directory, TMPDIR: directory, ...engine.env },
    },
  )
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  try {
    const call = cdpClient(child.stdio[3] as Duplex, child.stdio[4] as Duplex)
    const { product } = await call('Browser.getVersion')
    expect(product).toContain(engine.version)
    const { targetInfos } = await call('Target.getTargets')
    const { targetId } = targetInfos.find((target: { type: string }) => target.type === 'page')
    const { sessionId } = await call('Target.attachToTarget', { targetId, flatten: true })
    const { frameTree } = await call('Page.getFrameTree', {}, sessionId)
    const pictures: string[] = []
    for (const color of ['black', 'white']) {
      const html = `<body style="color:${color};background:white"><h1>Text</h1>`
      await call('Page.setDocumentContent', { frameId: frameTree.frame.id, html }, sessionId)
      pictures.push((await call('Page.captureScreenshot', {}, sessionId)).data)
    }
    await call('Browser.close')
    return pictures[0] !== pictures[1]
  } finally {
    child.kill('SIGKILL')
    await exited
    await rm(directory, { recursive: true, force: true, maxRetries: 5 })
  }
}

// oxlint-disable-next-line typescript/no-explicit-any -- answers of any method
type Call = (method: string, params?: object, sessionId?: string) => Promise<any>

function cdpClient(input: Duplex, output: Duplex): Call {
  const waiting = new Map<number, PromiseWithResolvers<unknown>>()
  let received = Buffer.alloc(0)
  let id = 0
  output.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk])
    for (let end = received.indexOf(0); end >= 0; end = received.indexOf(0)) {
      const message = JSON.parse(received.toString('utf8', 0, end))
      received = received.subarray(end + 1)
      const call = waiting.get(message.id)
      if (message.error) call?.reject(new Error(message.error.message))
      else call?.resolve(message.result)
    }
  })
  output.once('close', () => {
    for (const call of waiting.values()) call.reject(new Error('the browser closed the pipe'))
  })
  return (method, params = {}, sessionId) => {
    const call = Promise.withResolvers<unknown>()
    waiting.set(++id, call)
    input.write(`${JSON.stringify({ id, method, params, sessionId })}\0`)
    return call.promise
  }
}
