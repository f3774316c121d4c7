import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { appFolder, nextProgram } from './chat-app.ts'

/** What ends up in the build, from the folder of the app. */
const sources = [
  'next.config.ts',
  'package.json',
  'src',
  '../tour/src/shopper',
  '../../packages/ai-sdk-tool/src',
  '../../packages/core/src',
  '../../pnpm-lock.yaml',
]
const digestFile = join(appFolder, '.next', 'sources.sha256')

/** Builds the app for production unless it is built from these very sources. */
export async function buildApp(): Promise<void> {
  const digest = await digestOf(sources.map((name) => join(appFolder, name)))
  if ((await readFile(digestFile, 'utf8').catch(() => '')) === digest) return
  const env = { ...process.env, NODE_ENV: 'production' as const, NEXT_TELEMETRY_DISABLED: '1' }
  try {
    await promisify(execFile)(process.execPath, [nextProgram, 'build'], { cwd: appFolder, env })
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    throw new Error(`The chat could not be built.\n${stdout}${stderr}`, { cause: error })
  }
  await writeFile(digestFile, digest)
}

async function digestOf(paths: readonly string[]): Promise<string> {
  const hash = createHash('sha256')
  for (const path of paths) {
    for (const file of await filesIn(path)) hash.update(file).update(await readFile(file))
  }
  return hash.digest('hex')
}

/** The files of a folder, in the same order every time; of a file, itself. */
async function filesIn(path: string): Promise<string[]> {
  try {
    const entries = await readdir(path, { recursive: true, withFileTypes: true })
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return [path]
    throw error
  }
}
