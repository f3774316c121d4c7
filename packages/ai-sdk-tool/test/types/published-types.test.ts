import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { major } from '../support/scripted-model.ts'

const own = fileURLToPath(new URL('../..', import.meta.url))
let folder: string

async function compile(...args: string[]): Promise<string> {
  const tsc = join(own, 'node_modules/typescript/bin/tsc')
  try {
    return (await promisify(execFile)(process.execPath, [tsc, ...args], { cwd: folder })).stdout
  } catch (error) {
    return (error as { stdout: string }).stdout
  }
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tandem-types-'))
  await symlink(join(own, 'node_modules'), join(folder, 'node_modules'))
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
  const build = ['-p', join(own, 'tsconfig.build.json'), '--emitDeclarationOnly']
  const problems = await compile(...build, '--outDir', join(folder, 'dist'))
  if (problems) throw new Error(problems)
  // What is in a declaration file is checked only together with those of all other packages.
  for (const file of await readdir(join(folder, 'dist'))) {
    const path = join(folder, 'dist', file)
    await rename(path, path.replace(/\.d\.ts$/, '.ts'))
  }
})
afterAll(() => rm(folder, { recursive: true, force: true }))

// The declarations are made with the newest major, and have to serve an application on either.
test(`the published types serve AI SDK ${major}`, async () => {
  const consumers = ['consumer.ts', ...(major === 7 ? ['consumer-v7.ts'] : [])]
  for (const file of consumers) {
    const source = await readFile(join(own, 'test/types', file), 'utf8')
    await writeFile(join(folder, file), source.replace('../../src/index.ts', './dist/index.js'))
  }
  const compilerOptions = {
    ...{ target: 'es2024', module: 'nodenext', strict: true, exactOptionalPropertyTypes: true },
    ...{ lib: ['es2024', 'esnext.disposable', 'dom', 'dom.iterable', 'dom.asynciterable'] },
    ...{ allowImportingTsExtensions: true, skipLibCheck: true, noEmit: true, types: [] },
    paths: major === 7 ? {} : { ai: ['./node_modules/ai-v6/dist/index.d.ts'] },
  }
  const config = join(folder, 'tsconfig.json')
  await writeFile(config, JSON.stringify({ compilerOptions, files: consumers }))
  expect(await compile('-p', config)).toBe('')
})
