import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Isolation } from '../sandbox/isolation.ts'
import { findAgentBrowser } from './agent-browser.ts'
import { DialogGate } from './dialog-gate.ts'
import { type KernelContext, kernelEnvironment, kernelLimits } from './kernel-environment.ts'
import { openKernelPorts } from './kernel-ports.ts'
import { Kernel } from './kernel.ts'
import { LanguageUnavailableError } from './language-unavailable-error.ts'
import type { KernelCommand } from './protocol.ts'

const programs = fileURLToPath(new URL('bash', import.meta.url))

/**
 * Starts a shell with agent-browser on the session's page.
 *
 * @throws LanguageUnavailableError when the machine has no bash.
 */
export async function startBashKernel(context: KernelContext): Promise<Kernel> {
  const { isolation, folder } = context
  const bash = await findBash(isolation)
  const found = await findAgentBrowser()
  const agentBrowser =
    'problem' in found
      ? undefined
      : { ...found, mount: isolation.place(found.package, '/opt/tandem/agent-browser') }
  const program = isolation.place(programs, '/opt/tandem/bash-kernel')
  const temporary = await folder.temporary('bash')
  const { proxy, browser, endpoint } = await openKernelPorts(context, 'bash', new DialogGate())
  const supervised = isolation.spawn({
    role: 'kernel',
    sessionId: folder.sessionId,
    command: bash,
    arguments: [
      '--norc',
      '--noprofile',
      join(program.inside, 'start.bash'),
      agentBrowser ? join(agentBrowser.mount.inside, agentBrowser.program) : '',
      ...(isolation.endsWithServer ? [] : ['--lifeline']),
    ],
    environment: {
      ...kernelEnvironment(context, proxy, temporary, [browser]),
      CDP_URL: endpoint.url(browser.port),
    },
    workingDirectory: folder.work.inside,
    readable: [program, ...(agentBrowser ? [agentBrowser.mount] : [])],
    writable: [folder.work],
    extraPipes: 1,
    ports: [proxy, browser],
    limits: kernelLimits,
  })
  return new Kernel(supervised, endpoint, context, { encode })
}

/** Every sandbox has the system's programs where the system has them. */
async function findBash(isolation: Isolation): Promise<string> {
  const own = isolation.name === 'none' ? (process.env['PATH'] ?? '').split(delimiter) : []
  for (const folder of [...own, '/usr/bin', '/bin'].filter((path) => path.startsWith('/'))) {
    const path = join(folder, 'bash')
    const found = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (found) return path
  }
  throw new LanguageUnavailableError(
    'bash',
    'There is no bash on the machine.',
    'Install bash 5.0 or newer.',
  )
}

/** A shell reads lines and counts bytes. */
function encode(command: KernelCommand): string {
  if (command.type !== 'execute') throw new Error(`A shell is told to ${command.type} by nobody.`)
  const { code, fence, tab = '' } = command
  return `${Buffer.byteLength(code, 'utf8')} ${fence} ${tab}\n${code}`
}
