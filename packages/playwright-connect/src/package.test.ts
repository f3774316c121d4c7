import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { TestChromium } from '../test/chromium.ts'
import * as source from './index.ts'

const run = promisify(execFile)
const packageFolder = fileURLToPath(new URL('..', import.meta.url))
const require = createRequire(import.meta.url)

/** An empty project, into which the built package is laid as npm would. */
let project: string
let installed: string

beforeAll(async () => {
  project = await realpath(await mkdtemp(join(tmpdir(), 'playwright-connect-package-')))
  installed = join(project, 'node_modules/@tandem-browser/playwright-connect')
  const compiler = join(dirname(require.resolve('typescript/package.json')), 'bin/tsc')
  const build = ['-p', 'tsconfig.build.json', '--outDir', join(installed, 'dist')]
  await run(process.execPath, [compiler, ...build], { cwd: packageFolder })
  const manifest = JSON.parse(await readFile(join(packageFolder, 'package.json'), 'utf8'))
  const published = { ...manifest, ...manifest.publishConfig, devDependencies: {} }
  await writeFile(join(installed, 'package.json'), JSON.stringify(published))
})

beforeEach(async () => {
  for (const name of ['playwright-core', 'playwright']) {
    await rm(join(project, 'node_modules', name), { force: true })
  }
})

afterAll(() => rm(project, { recursive: true, force: true }))

async function install(name: string): Promise<void> {
  const folder = join(project, 'node_modules', name)
  await mkdir(dirname(folder), { recursive: true })
  await symlink(dirname(require.resolve(`${name}/package.json`)), folder)
}

/** Runs a program of the project; what it prints must be JSON. */
async function runProgram(code: string): Promise<unknown> {
  await writeFile(join(project, 'program.mjs'), code)
  return JSON.parse((await run(process.execPath, ['program.mjs'], { cwd: project })).stdout)
}

const program = (cdpUrl: string) => `
  import { connect, MissingPlaywrightError } from '@tandem-browser/playwright-connect'
  try {
    const { page, disconnect } = await connect({ cdpUrl: ${JSON.stringify(cdpUrl)} })
    console.log(JSON.stringify({ answer: await page.evaluate('6 * 7') }))
    await disconnect()
  } catch (error) {
    const missing = MissingPlaywrightError.isInstance(error)
    console.log(JSON.stringify({ missing, name: error.name, message: error.message }))
  }
`

describe('the package in a project', () => {
  it('without Playwright says what to install', async () => {
    expect(await runProgram(program('ws://127.0.0.1:9/'))).toEqual({
      missing: true,
      name: 'MissingPlaywrightError',
      message: expect.stringContaining('npm install playwright-core'),
    })
  })

  it.each(['playwright-core', 'playwright'])('finds %s', async (name) => {
    await install(name)
    const browser = await TestChromium.launch()
    try {
      expect(await runProgram(program(browser.cdpUrl))).toEqual({ answer: 42 })
    } finally {
      await browser.close()
    }
  })

  it('passes on what a broken installation throws', async () => {
    const broken = join(project, 'node_modules/playwright-core')
    await mkdir(broken, { recursive: true })
    const manifest = { name: 'playwright-core', exports: './missing.mjs' }
    await writeFile(join(broken, 'package.json'), JSON.stringify(manifest))
    try {
      expect(await runProgram(program('ws://127.0.0.1:9/'))).toMatchObject({ missing: false })
    } finally {
      await rm(broken, { recursive: true, force: true })
    }
  })

  it('has types that hold for a caller, with the chromium of playwright, too', async () => {
    for (const name of ['playwright', 'playwright-core', '@types/node']) await install(name)
    await writeFile(
      join(project, 'caller.ts'),
      `import { connect, ConnectError, type Connection } from '@tandem-browser/playwright-connect'
       import { chromium, type Page } from 'playwright'
       export async function title(cdpUrl: string): Promise<string> {
         try {
           await using connection: Connection = await connect({ cdpUrl }, { chromium })
           const page: Page = connection.page
           return await page.title()
         } catch (error) {
           return ConnectError.isInstance(error) ? String(error.status) : 'another error'
         }
       }
       // @ts-expect-error a session is needed
       void connect()
       // @ts-expect-error a timeout is a number
       void connect('ws://host', { timeout: '5s' })
      `,
    )
    const compiler = join(dirname(require.resolve('typescript/package.json')), 'bin/tsc')
    const flags = ['--noEmit', '--strict', '--target', 'es2024', '--module', 'nodenext']
    const library = ['--lib', 'es2024,esnext.disposable,dom', '--types', 'node']
    const check = run(process.execPath, [compiler, ...flags, ...library, 'caller.ts'], {
      cwd: project,
    })
    await expect(check).resolves.toMatchObject({ stdout: '' })
  })
})

describe('errors of another copy of the package', () => {
  it('are told by isInstance, and only by the right class', async () => {
    const other = (await import(join(installed, 'dist/index.js'))) as typeof source
    const refused = new other.ConnectError('Refused.', { status: 410 })
    const timeout = new other.ConnectTimeoutError(100, 'page')
    const abort = new other.AbortError('gone')
    const missing = new other.MissingPlaywrightError()
    expect(refused).not.toBeInstanceOf(source.ConnectError)

    const { ConnectError, ConnectTimeoutError, AbortError, MissingPlaywrightError } = source
    const classes = [ConnectError, ConnectTimeoutError, AbortError, MissingPlaywrightError]
    const told = (error: unknown) => classes.map((type) => type.isInstance(error))
    expect(told(refused)).toEqual([true, false, false, false])
    expect(told(timeout)).toEqual([true, true, false, false])
    expect(told(abort)).toEqual([false, false, true, false])
    expect(told(missing)).toEqual([false, false, false, true])
    for (const value of [undefined, null, 'ConnectError', {}, new Error('x')]) {
      expect(told(value)).toEqual([false, false, false, false])
    }
  })
})
