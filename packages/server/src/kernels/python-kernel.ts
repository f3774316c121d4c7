import { realpathSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { downloadsFolder } from '../cdp/downloads-folder.ts'
import type { Isolation, Mount } from '../sandbox/isolation.ts'
import { type KernelContext, kernelEnvironment, kernelLimits } from './kernel-environment.ts'
import { openKernelPorts } from './kernel-ports.ts'
import { Kernel } from './kernel.ts'
import { LanguageUnavailableError } from './language-unavailable-error.ts'
import { type PythonInterpreter, type PythonSettings, findPython } from './python-interpreter.ts'

const program = fileURLToPath(new URL('python', import.meta.url))

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
  const { isolation, folder } = context
  const sources = isolation.place(program, '/opt/tandem/python-kernel')
  const interpreter = placeInterpreter(isolation, python)
  const temporary = await folder.temporary('python')
  const { proxy, browser, endpoint } = await openKernelPorts(context, 'python')
  const environment = kernelEnvironment(context, proxy, temporary, [browser])
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
  const connect = {
    type: 'connect',
    cdpUrl: endpoint.url(browser.port),
    downloads: join(folder.work.inside, downloadsFolder),
  } as const
  return new Kernel(supervised, endpoint, context, { connect })
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
    .map((base) => isolation.place(realpathSync(base), base))
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
  const mount = isolation.place(realpathSync(prefix), '/opt/tandem/python')
  return { executable: join(mount.inside, relative(prefix, executable)), mounts: [mount, ...bases] }
}
