import { randomUUID } from 'node:crypto'
import { chmod, mkdir, mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecuteResponse } from '@tandem-browser/core'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { compileNodeProgram } from '../src/kernels/compile-node-program.ts'
import { NoIsolation } from '../src/sandbox/no-isolation.ts'
import { isolationAvailable } from './support/isolation.ts'
import { TestServer } from './support/test-server.ts'

/** Bytes that V8 needs at least for what it keeps of Playwright. */
const playwrightBytes = 500_000

describe('kernels of a server', () => {
  test('find Playwright compiled, cannot change that, and show none of it to code', async () => {
    await using server = await TestServer.start()
    const { id } = await server.createSession()
    const code = `
      const { getCompileCacheDir } = require('node:module')
      const { readdirSync, statSync, writeFileSync } = require('node:fs')
      const folder = getCompileCacheDir()
      const sizes = readdirSync(folder).map((name) => statSync(folder + '/' + name).size)
      const refused = ['', '/..'].map((at) => {
        try {
          writeFileSync(folder + at + '/planted', 'x')
          return 'written'
        } catch (error) {
          return error.code
        }
      })
      ;({ largest: Math.max(...sizes), refused, named: 'NODE_COMPILE_CACHE' in process.env })`
    const { body } = await server.api<ExecuteResponse>('POST', `/v2/interact/${id}/execute`, {
      code,
    })
    expect(body).toMatchObject({ exitCode: 0, stderr: '' })
    const found = JSON.parse(body.result) as { largest: number; refused: string[]; named: boolean }
    expect(found.largest).toBeGreaterThan(playwrightBytes)
    expect(found.named).toBe(false)
    if (isolationAvailable) expect(found.refused).toEqual(['EROFS', 'EROFS'])
  })
})

describe('the compiled program', () => {
  const isolation = new NoIsolation(randomUUID())
  let directory: string
  let cacheDirectory: string

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tandem-compile-'))
    cacheDirectory = join(directory, 'cache')
  })
  afterEach(() => rm(directory, { recursive: true, force: true }))

  const compile = (): Promise<string> =>
    compileNodeProgram({ isolation, directory, cacheDirectory })

  test('is made once, also by two at the same time, and leaves nothing else behind', async () => {
    const [first, second] = await Promise.all([compile(), compile()])
    expect(second).toBe(first)
    const { ino } = await stat(first)
    expect(await compile()).toBe(first)
    expect((await stat(first)).ino).toBe(ino)
    expect(await readdir(join(cacheDirectory, 'kernels'))).toHaveLength(1)
    expect(await readdir(directory)).toEqual(['cache'])
  })

  test('of versions that nobody uses any more is removed', async () => {
    const old = join(cacheDirectory, 'kernels', 'node-v1.0.0-0123456789abcdef')
    const recent = join(cacheDirectory, 'kernels', 'node-v2.0.0-0123456789abcdef')
    for (const folder of [old, recent]) await mkdir(folder, { recursive: true })
    await utimes(old, 0, 0)
    const made = await compile()
    const names = (await readdir(join(cacheDirectory, 'kernels'))).map((name) =>
      join(cacheDirectory, 'kernels', name),
    )
    expect(names.toSorted()).toEqual([made, recent].toSorted())
  })

  test('is not kept where others could plant another', async () => {
    await mkdir(cacheDirectory)
    await chmod(cacheDirectory, 0o777)
    await expect(compile()).rejects.toThrow(/written to by anybody/)
    expect(await readdir(cacheDirectory)).toEqual([])
  })

  test('that cannot be made leaves nothing half-done', async () => {
    await writeFile(cacheDirectory, 'a file')
    await expect(compile()).rejects.toThrow(/cache folder .* cannot be made/)
    expect(await readdir(directory)).toEqual(['cache'])
  })
})
