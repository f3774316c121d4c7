// Prints how long fresh processes take to import what is published, against one that imports nothing
// of the kind. For the README; a test guards the causes (modules, bytes), as times depend on the machine.
import { execFileSync } from 'node:child_process'
import { writeFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const runs = 21
const program = (specifier: string): string =>
  `const start = performance.now(); await import(${JSON.stringify(specifier)}); console.log(performance.now() - start)`

function median(specifier: string): number {
  const times = Array.from({ length: runs }, () =>
    Number(
      execFileSync(process.execPath, ['--input-type=module', '--eval', program(specifier)], {
        encoding: 'utf8',
      }),
    ),
  )
  return times.toSorted((a, b) => a - b)[Math.floor(runs / 2)] ?? Number.NaN
}

const folder = mkdtempSync(join(tmpdir(), 'tandem-import-'))
try {
  const empty = join(folder, 'empty.mjs')
  writeFileSync(empty, '')
  // Once unmeasured: the files come from the disk's cache from then on.
  const core = new URL('../dist/index.js', import.meta.url).href
  median(core)
  const [own, floor] = [median(core), median(empty)]
  console.log(
    `Node ${process.versions.node}, median of ${runs} fresh processes: ${own.toFixed(1)} ms; an empty module: ${floor.toFixed(1)} ms.`,
  )
} finally {
  rmSync(folder, { recursive: true })
}
