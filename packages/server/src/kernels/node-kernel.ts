import { existsSync } from 'node:fs'
import {
  type KernelContext,
  kernelEnvironment,
  kernelLimits,
  proxyPort,
} from './kernel-environment.ts'
import { Kernel } from './kernel.ts'
import { placeNodeProgram } from './node-program.ts'
import { PipeLink } from './pipe-link.ts'
import { cdpDescriptor } from './protocol.ts'

/**
 * Starts a process that runs JavaScript with the session's page at hand.
 *
 * @param compiled The folder that `compileNodeProgram` has made, if it has.
 */
export async function startNodeKernel(context: KernelContext, compiled?: string): Promise<Kernel> {
  const { isolation, folder } = context
  const program = placeNodeProgram(isolation)
  // Whoever cleans the cache folder makes kernels slower, and keeps none from starting.
  const cache =
    compiled !== undefined && existsSync(compiled)
      ? isolation.place(compiled, '/opt/tandem/compiled')
      : undefined
  const temporary = await folder.temporary('node')
  const proxy = await isolation.openPort(proxyPort, (socket) => context.onEgress(socket, 'node'))
  const supervised = isolation.spawn({
    role: 'kernel',
    sessionId: folder.sessionId,
    command: program.command,
    arguments: [...program.arguments, ...(isolation.endsWithServer ? [] : ['--lifeline'])],
    environment: {
      ...kernelEnvironment(context, proxy, temporary),
      NODE_USE_ENV_PROXY: '1',
      ...(cache ? { NODE_COMPILE_CACHE: cache.inside } : {}),
    },
    workingDirectory: folder.work.inside,
    readable: [...program.mounts, ...(cache ? [cache] : [])],
    writable: [folder.work],
    extraPipes: 3,
    ports: [proxy],
    limits: kernelLimits,
  })
  const link = new PipeLink(supervised.extraPipe(cdpDescriptor - 3), context.cdp)
  return new Kernel(supervised, link, context)
}
