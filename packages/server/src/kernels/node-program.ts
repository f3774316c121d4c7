import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Isolation, Mount } from '../sandbox/isolation.ts'

// The program runs as it is written here, and as it is built there.
const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js'
const sources = fileURLToPath(new URL('..', import.meta.url))

/** What the program imports that is not Node's own. */
const libraries = ['acorn', 'playwright-core'] as const

/** The program of node kernels, as the processes of an isolation find it. */
export interface NodeProgram {
  command: string
  arguments: string[]
  /** What it consists of. */
  mounts: Mount[]
}

export function placeNodeProgram(isolation: Isolation): NodeProgram {
  const node = isolation.place(process.execPath, '/opt/tandem/bin/node')
  const program = isolation.place(sources, '/opt/tandem/server')
  return {
    command: node.inside,
    arguments: [
      '--disable-warning=ExperimentalWarning',
      join(program.inside, 'kernels', 'node', `main${extension}`),
    ],
    mounts: [node, program, manifest(isolation), ...libraries.map(library(isolation))],
  }
}

/** Says that the sources are modules. */
function manifest(isolation: Isolation): Mount {
  return isolation.place(join(sources, '..', 'package.json'), '/opt/tandem/package.json')
}

function library(isolation: Isolation): (name: string) => Mount {
  const { resolve } = createRequire(import.meta.url)
  return (name) =>
    isolation.place(dirname(resolve(`${name}/package.json`)), `/opt/tandem/node_modules/${name}`)
}
