import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Isolation, Mount } from '../sandbox/isolation.ts'
import {
  type KernelContext,
  kernelEnvironment,
  kernelLimits,
  proxyPort,
} from './kernel-environment.ts'
import { Kernel } from './kernel.ts'
import { PipeLink } from './pipe-link.ts'
import { cdpDescriptor } from './protocol.ts'

// The program runs as it is written here, and as it is built there.
const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js'
const sources = fileURLToPath(new URL('..', import.meta.url))

/** What the program imports that is not Node's own. */
const libraries = ['acorn', 'playwright-core'] as const

/** Starts a process that runs JavaScript with the session's page at hand. */
export async function startNodeKernel(context: KernelContext): Promise<Kernel> {
  const { isolation, folder } = context
  const node = isolation.place(process.execPath, '/opt/tandem/bin/node')
  const program = isolation.place(sources, '/opt/tandem/server')
  const temporary = await folder.temporary('node')
  const proxy = await isolation.openPort(proxyPort, (socket) => context.onEgress(socket, 'node'))
  const supervised = isolation.spawn({
    role: 'kernel',
    sessionId: folder.sessionId,
    command: node.inside,
    arguments: [
      '--disable-warning=ExperimentalWarning',
      join(program.inside, 'kernels', 'node', `main${extension}`),
      ...(isolation.endsWithServer ? [] : ['--lifeline']),
    ],
    environment: { ...kernelEnvironment(context, proxy, temporary), NODE_USE_ENV_PROXY: '1' },
    workingDirectory: folder.work.inside,
    readable: [node, program, manifest(isolation), ...libraries.map(library(isolation))],
    writable: [folder.work],
    extraPipes: 3,
    ports: [proxy],
    limits: kernelLimits,
  })
  const link = new PipeLink(supervised.extraPipe(cdpDescriptor - 3), context.cdp)
  return new Kernel(supervised, link, context)
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
