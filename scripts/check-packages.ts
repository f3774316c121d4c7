import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildPackages, packPackages } from './packages/pack.ts'
import { runPackedExamples } from './packages/packed-install.ts'

const folder = mkdtempSync(join(tmpdir(), 'tandem-packages-'))
const cleanUp = (): void => rmSync(folder, { recursive: true, force: true })
process.once('exit', cleanUp)
try {
  await buildPackages()
  const packages = await packPackages(join(folder, 'tarballs'))
  for (const origin of await runPackedExamples(join(folder, 'project'), packages)) {
    console.log(`${origin} runs with the packed packages.`)
  }
} finally {
  cleanUp()
}
