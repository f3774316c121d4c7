// Copies the version of package.json into src/version.ts. `build` runs it, so what is published agrees.
import { readFileSync, writeFileSync } from 'node:fs'

const { version } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
) as { version: string }
const file = new URL('../src/version.ts', import.meta.url)
const before = readFileSync(file, 'utf8')
const after = before.replace(/'[^']*'\n$/, `'${version}'\n`)
// Left alone when right, so that nothing is rebuilt for it.
if (after !== before) writeFileSync(file, after)
