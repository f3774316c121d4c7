import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readlink, rm, stat } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { z } from 'zod'
import { BubblewrapIsolation } from './bubblewrap-isolation.ts'
import { probeFindings, probeSource } from './probe-source.ts'
import type { SupervisedProcess } from './supervised-process.ts'
import { viewSystem } from './system-view.ts'

/** A sandbox that was really made, and what was seen in it. */
export interface SandboxSample {
  /** From the start of bubblewrap to the answer of a program inside. */
  milliseconds: number
  /** The kinds of namespace that it has of its own, such as `net`. */
  namespaces: string[]
  /** The user of the machine that its processes are. */
  userId: number
  /** Bytes that its processes may share in memory. */
  sharedMemory: number
  /** What it has in common with the machine and must not; empty when all is well. */
  shared: string[]
}

/** Milliseconds until the program in the sandbox must have answered. */
const deadline = 30_000
/** Any number: the port is in a network of the sandbox's own. */
const ownPort = 3128
const mebibyte = 1024 * 1024
const greeting = 'this is the server'
const neededNamespaces = ['user', 'mnt', 'pid', 'ipc', 'uts', 'net']
/** Without it a sandbox is still apart; some kernels do not have it. */
const optionalNamespaces = ['cgroup']

/** Starts a program in a sandbox of this bubblewrap and has it look around. Does not throw. */
export async function trySandbox(
  bwrap: string,
): Promise<{ sample: SandboxSample } | { failure: string }> {
  let folder: string | undefined
  // A program of the machine that nothing in the sandbox may reach.
  const canary = createServer((socket) => socket.destroy())
  try {
    folder = await mkdtemp(join(tmpdir(), 'tandem-probe-'))
    canary.listen(0, '127.0.0.1')
    await once(canary, 'listening')
    return await lookAround(bwrap, folder, (canary.address() as AddressInfo).port)
  } catch (error) {
    return { failure: error instanceof Error ? error.message : String(error) }
  } finally {
    canary.close()
    if (folder !== undefined) await rm(folder, { recursive: true, force: true })
  }
}

async function lookAround(
  bwrap: string,
  folder: string,
  canaryPort: number,
): Promise<{ sample: SandboxSample } | { failure: string }> {
  const sessionId = randomUUID()
  const work = join(folder, 'work')
  const isolation = new BubblewrapIsolation({
    owner: `probe-${randomUUID()}`,
    bwrap,
    system: await viewSystem(join(folder, 'system')),
  })
  await isolation.makeFolder(work, sessionId)
  const node = isolation.place(process.execPath, '/opt/tandem/probe/node')
  const port = await isolation.openPort(ownPort, (socket) => socket.end(greeting))
  const startedAt = performance.now()
  const process_ = isolation.spawn({
    role: 'kernel',
    sessionId,
    command: node.inside,
    arguments: ['--eval', probeSource, String(canaryPort), String(port.port), '/work'],
    environment: { PATH: '/usr/bin:/bin' },
    workingDirectory: '/work',
    readable: [node],
    writable: [isolation.place(work, '/work')],
    extraPipes: 1,
    ports: [port],
    limits: {
      processes: 256,
      openFiles: 1024,
      fileBytes: mebibyte,
      temporaryBytes: mebibyte,
      niceness: 0,
    },
  })
  const timer = setTimeout(() => void process_.kill(), deadline)
  try {
    const { said, answer, portProblem } = await converse(process_)
    const milliseconds = Math.round(performance.now() - startedAt)
    const seen = probeFindings.safeParse(answer)
    if (!seen.success) return { failure: said || portProblem || (await describeEnd(process_)) }
    if (seen.data.portAnswer !== greeting) {
      return { failure: 'the port that the server opened in the sandbox does not lead to it' }
    }
    const { uid } = await stat(join(work, 'probe'))
    return { sample: await judge(seen.data, { milliseconds, userId: uid }) }
  } finally {
    clearTimeout(timer)
    port.close()
    await process_.kill()
  }
}

/** Lets the program begin once its port is open, and gives what it wrote. */
async function converse(
  process_: SupervisedProcess,
): Promise<{ said: string; answer: unknown; portProblem: string }> {
  const output = Promise.all([text(process_.stdout), text(process_.stderr)])
  let portProblem = ''
  try {
    await process_.portsOpen()
    process_.extraPipe(0).write('.')
  } catch (error) {
    portProblem = error instanceof Error ? error.message : String(error)
    await process_.kill()
  }
  const [stdout, said] = await output
  try {
    return { said, answer: JSON.parse(stdout), portProblem }
  } catch {
    return { said, answer: undefined, portProblem }
  }
}

async function describeEnd({ exited }: SupervisedProcess): Promise<string> {
  const { code, signal } = await exited
  if (signal === null) return `it ended with exit code ${code}`
  return `it gave no answer within ${deadline / 1000} s`
}

async function judge(
  seen: z.infer<typeof probeFindings>,
  { milliseconds, userId }: { milliseconds: number; userId: number },
): Promise<SandboxSample> {
  const own: string[] = []
  const shared: string[] = []
  for (const name of [...neededNamespaces, ...optionalNamespaces]) {
    const machines = await readlink(`/proc/self/ns/${name}`).catch(() => undefined)
    const sandboxs = seen.namespaces[name]
    if (sandboxs !== undefined && sandboxs !== machines) own.push(name)
    else if (!optionalNamespaces.includes(name)) shared.push(`the ${name} namespace`)
  }
  if (seen.networkInterfaces.some((name) => name !== 'lo')) shared.push('network interfaces')
  if (seen.reachesMachine) shared.push('the loopback interface')
  if (userId === 0) shared.push('the user root')
  return { milliseconds, namespaces: own, userId, sharedMemory: seen.sharedMemory, shared }
}
