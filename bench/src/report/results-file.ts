import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { RunResult } from '../run-benchmarks.ts'
import { report } from './report.ts'

const defaultFolder = fileURLToPath(new URL('../../results/', import.meta.url))

/** Writes a result as JSON with every sample, and as Markdown; gives the path of the former. */
export async function writeResults(
  result: RunResult,
  date: Date,
  folder: string = defaultFolder,
): Promise<string> {
  await mkdir(folder, { recursive: true })
  const name = date.toISOString().replace(/\.\d+/, '').replaceAll(':', '-')
  const path = join(folder, `${name}.json`)
  const content = { date: date.toISOString(), ...result }
  await writeFile(path, `${JSON.stringify(content, undefined, 2)}\n`)
  await writeFile(join(folder, `${name}.md`), `${report(result)}\n`)
  return path
}
