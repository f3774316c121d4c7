import { EdgeVM } from '@edge-runtime/vm'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findEngine } from '../../server/src/browser/engine.ts'
import { version } from '../src/version.ts'
import { abortSeen, expectedOfExercise, startExerciseServer } from './support/exercise-server.ts'
import { PackedCore } from './support/packed.ts'
import { expectedOfTools, startToolServer } from './support/tool-server.ts'
import { TestServer } from './support/server.ts'

let packed: PackedCore
beforeAll(async () => {
  packed = await PackedCore.install()
})
afterAll(() => packed?.[Symbol.asyncDispose]())

test('the tarball holds the built files, what is needed to use them, and nothing else', async () => {
  const manifest = await packed.manifest()
  expect(manifest).toMatchObject({
    name: '@tandem-browser/core',
    version,
    type: 'module',
    sideEffects: false,
    exports: {
      '.': { types: './dist/index.d.ts', default: './dist/index.js' },
      './pool': {
        types: './dist/pool/session-pool.d.ts',
        default: './dist/pool/session-pool.js',
      },
      './profiles': { types: './dist/profiles.d.ts', default: './dist/profiles.js' },
      './tools': { types: './dist/tools/index.d.ts', default: './dist/tools/index.js' },
    },
  })
  for (const kind of [
    'dependencies',
    'peerDependencies',
    'optionalDependencies',
    'bundleDependencies',
  ]) {
    expect(manifest[kind]).toBeUndefined()
  }
  const others = (await packed.files()).filter(
    (file) => !/^dist\/((pool|tools)\/)?[\w-]+\.(js|d\.ts)$/.test(file),
  )
  expect(others).toEqual(['LICENSE', 'README.md', 'package.json'])
})

test('importing it loads few small modules, all its own', async () => {
  const loaded = new Map<string, number>()
  const load = async (file: string): Promise<void> => {
    if (loaded.has(file)) return
    loaded.set(file, (await stat(file)).size)
    const source = await readFile(file, 'utf8')
    for (const [, specifier = ''] of source.matchAll(
      /\b(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g,
    )) {
      expect(specifier, `an import of ${file}`).toMatch(/^\.\/[\w-]+\.js$/)
      await load(join(file, '..', specifier))
    }
  }
  await load(join(packed.folder, 'dist/index.js'))
  // What makes an import slow. 18 modules and 38 kB take 10 ms; see scripts/measure-import.ts.
  expect(loaded.size).toBeLessThanOrEqual(20)
  expect([...loaded.values()].reduce((sum, size) => sum + size, 0)).toBeLessThan(45_000)
})

test('the whole client is under 6 kB', async () => {
  const size = await packed.compressedSize()
  expect(size).toBeGreaterThan(1000)
  expect(size).toBeLessThan(6000)
})

test.each([
  ['pool/session-pool.js', 8000],
  ['profiles.js', 5000],
  ['tools/index.js', 17_000],
])('%s is an entry of its own, with nothing from outside', async (file, limit) => {
  const size = await packed.compressedSize(file)
  expect(size).toBeGreaterThan(1000)
  expect(size).toBeLessThan(limit)
})

test('runs on this Node', async () => {
  const { server, closedUrl } = await startExerciseServer()
  await using _ = server
  const { seen } = await packed.runOnNode(process.execPath, server.url, closedUrl)
  expect(JSON.parse(seen)).toEqual(expectedOfExercise)
  await abortSeen(server)
})

const node22 = process.env['TANDEM_TEST_NODE_22']
// The set-up of `npm test` brings a Node 22 and names it; without one there is nothing to run on.
test.skipIf(!node22)('runs on Node 22', async () => {
  const { server, closedUrl } = await startExerciseServer()
  await using _ = server
  const { version: of, seen } = await packed.runOnNode(node22 ?? '', server.url, closedUrl)
  expect(of).toMatch(/^22\./)
  expect(JSON.parse(seen)).toEqual(expectedOfExercise)
  await abortSeen(server)
})

test('runs in an edge runtime, which has no process', async () => {
  const { server, closedUrl } = await startExerciseServer()
  await using _ = server
  const edge = new EdgeVM()
  expect(edge.evaluate('typeof process')).toBe('undefined')
  edge.evaluate(await packed.bundle())
  const call = `program.exercise(${JSON.stringify(server.url)}, ${JSON.stringify(closedUrl)})`
  const seen = await edge.evaluate<Promise<string>>(call)
  expect(JSON.parse(seen)).toEqual(expectedOfExercise)
  await abortSeen(server)
})

test('pool, tools and profiles run in an edge runtime', async () => {
  await using server = await startToolServer()
  const edge = new EdgeVM()
  edge.evaluate(await packed.bundle('tools'))
  const call = `program.exerciseTools(${JSON.stringify(server.url)})`
  expect(JSON.parse(await edge.evaluate<Promise<string>>(call))).toEqual(expectedOfTools)
  expect(server.alive.size).toBe(0)
})

test('runs in a browser, from a page of another origin', async () => {
  const { server, closedUrl } = await startExerciseServer()
  await using _ = server
  const bundle = await packed.bundle()
  await using site = await TestServer.start(({ url, response }) => {
    const script = url === '/program.js'
    response.setHeader('content-type', script ? 'text/javascript; charset=utf-8' : 'text/html')
    response.end(script ? bundle : '<!doctype html><script src="/program.js"></script>')
  })
  const engine = await findEngine()
  const browser = await chromium.launch({
    executablePath: engine.executablePath,
    env: { ...process.env, ...engine.env },
    args: [...engine.args, '--disable-background-networking'],
    chromiumSandbox: false,
  })
  try {
    const page = await browser.newPage()
    await page.goto(site.url)
    const seen = await page.evaluate(`program.exercise('${server.url}', '${closedUrl}')`)
    expect(JSON.parse(seen as string)).toEqual(expectedOfExercise)
    await abortSeen(server)
  } finally {
    await browser.close()
  }
})
