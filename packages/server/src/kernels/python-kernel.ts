import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Isolation, LoopbackPort, Mount } from '../sandbox/isolation.ts'
import { CdpEndpoint } from './cdp-endpoint.ts'
import {
  type KernelContext,
  kernelEnvironment,
  kernelLimits,
  proxyPort,
} from './kernel-environment.ts'
import { Kernel } from './kernel.ts'
import { LanguageUnavailableError } from './language-unavailable-error.ts'
import { type PythonInterpreter, type PythonSettings, findPython } from './python-interpreter.ts'

const program = fileURLToPath(new URL('python', import.meta.url))

/** The port of the browser on the kernel's own loopback, where it can be chosen. */
const cdpPort = 9222

/** What every sandbox sees of the system anyway. */
const systemFolder = /^\/(usr|bin|sbin|lib\w*)(\/|$)/

/** What is something else in a sandbox than on the machine. */
const reservedFolder = /^\/(work|opt\/tandem|proc|dev|etc)(\/|$)/

/**
 * Starts a process that runs Python with the session's page at hand.
 *
 * @throws LanguageUnavailableError when the machine has no Python for it.
 */
export async function startPythonKernel(
  context: KernelContext,
  settings: PythonSettings,
): Promise<Kernel> {
  const python = await findPython(settings)
  if ('problem' in python) {
    throw new LanguageUnavailableError('python', python.problem, python.fix)
  }
  const { isolation, folder, cdp } = context
  const sources = isolation.place(program, '/opt/tandem/python-kernel')
  const interpreter = placeInterpreter(isolation, python)
  const temporary = await folder.temporary('python')
  const endpoint = new CdpEndpoint(cdp)
  const proxy = await isolation.openPort(proxyPort, (socket) => context.onEgress(socket, 'python'))
  let browser: LoopbackPort
  try {
    browser = await isolation.openPort(cdpPort, (socket) => endpoint.accept(socket))
  } catch (error) {
    proxy.close()
    throw error
  }
  const environment = kernelEnvironment(context, proxy, temporary)
  const supervised = isolation.spawn({
    role: 'kernel',
    sessionId: folder.sessionId,
    command: interpreter.executable,
    // Isolated from variables and folders of the user, and leaving no compiled files behind.
    arguments: [
      '-I',
      '-B',
      join(sources.inside, 'main.py'),
      ...(isolation.endsWithServer ? [] : ['--lifeline']),
    ],
    environment: {
      ...environment,
      PATH: `${dirname(interpreter.executable)}:${environment['PATH']}`,
    },
    workingDirectory: folder.work.inside,
    readable: [sources, ...interpreter.mounts],
    writable: [folder.work],
    extraPipes: 3,
    ports: [proxy, browser],
    limits: kernelLimits,
  })
  return new Kernel(supervised, endpoint, cdp, {
    type: 'connect',
    cdpUrl: endpoint.url(browser.port),
    downloads: join(folder.work.inside, '.downloads'),
  })
}

/**
 * A virtual environment finds itself wherever it lies, but looks for the
 * installation that it builds on where that was when it was made.
 */
function placeInterpreter(
  isolation: Isolation,
  { executable, prefix, baseFolders }: PythonInterpreter,
): { executable: string; mounts: Mount[] } {
  const installation = baseFolders.length > 0 ? baseFolders : [prefix]
  const bases = installation
    .filter((base) => !systemFolder.test(base))
    .map((base) => isolation.place(base, base))
  const hidden = bases.find(
    ({ inside }) => isolation.name !== 'none' && reservedFolder.test(inside),
  )
  if (hidden) {
    const problem = `Its installation in ${hidden.host} cannot be seen from a sandbox.`
    throw new LanguageUnavailableError(
      'python',
      problem,
      'Use one outside of /work, /etc and /dev.',
    )
  }
  if (baseFolders.length === 0) return { executable, mounts: bases }
  const mount = isolation.place(prefix, '/opt/tandem/python')
  return { executable: join(mount.inside, relative(prefix, executable)), mounts: [mount, ...bases] }
}
