/**
 * The program inside a node kernel. It runs apart from the server, holds the
 * session's page, and evaluates one execution after the other.
 */
import { flushCompileCache } from 'node:module'
import { Socket } from 'node:net'
import { inspect } from 'node:util'
import { PipeTransport } from '../../cdp/pipe-transport.ts'
import {
  type ExecuteCommand,
  type ExecutionMessage,
  type KernelMessage,
  controlDescriptor,
} from '../protocol.ts'
import { Evaluator } from './evaluator.ts'
import { formatThrown, formatValue, truncate } from './format.ts'
import { dieWithServer } from './lifeline.ts'
import { installModules } from './modules.ts'
import { SharedPage } from './shared-page.ts'
import { installStandardStreams, writeFully } from './standard-streams.ts'

// It was started only to load all of this, so that Node keeps what it has compiled.
if (process.argv.includes('--compile')) {
  flushCompileCache()
  process.exit()
}
// What user code starts has nothing to find there.
delete process.env['NODE_COMPILE_CACHE']
if (process.argv.includes('--lifeline')) dieWithServer()
installStandardStreams()
installModules()

const socket = new Socket({ fd: controlDescriptor, readable: true, writable: true })
const control = new PipeTransport<ExecuteCommand, KernelMessage>(socket, socket)
// Whoever listens is gone; the lifeline ends the rest.
control.onClose = () => process.exit(1)

// What user code leaves behind must not end the kernel, as in Node's own REPL.
process.on('uncaughtException', (error) => console.error('Uncaught', inspect(error)))
process.on('unhandledRejection', (reason) =>
  console.error('Uncaught (in promise)', inspect(reason)),
)

async function run(
  page: SharedPage,
  { code, sequence, pages, tab }: ExecuteCommand,
): Promise<ExecutionMessage> {
  const fileName = `execution-${sequence}.js`
  page.executing = true
  try {
    await page.catchUp(pages)
    if (tab !== undefined) await page.goTo(tab)
    await page.ensureOpen()
    const evaluation = await evaluator.evaluate(code, fileName)
    if ('thrown' in evaluation) {
      const text = formatThrown(evaluation.thrown, evaluation.location, fileName)
      return { type: 'threw', error: truncate(text).text }
    }
    const text = formatValue(evaluation.value)
    if (text === undefined) return { type: 'completed' }
    const { text: value, truncated } = truncate(text)
    return { type: 'completed', value, ...(truncated ? { truncated } : {}) }
  } catch (error) {
    return { type: 'threw', error: truncate(inspect(error)).text }
  } finally {
    page.executing = false
  }
}

async function answer(page: SharedPage, command: ExecuteCommand): Promise<void> {
  const outcome = await run(page, command)
  const tab = await page.tab()
  // The fence goes the way of the output, so that it arrives after all of it.
  const fence = Buffer.from(command.fence, 'utf8')
  writeFully(1, fence)
  writeFully(2, fence)
  control.send(tab === undefined ? outcome : { ...outcome, tab })
}

const evaluator = new Evaluator()
try {
  const page = await SharedPage.connect()
  control.onMessage = (command) => void answer(page, command)
  control.send({ type: 'ready' })
} catch (error) {
  control.send({ type: 'failed', error: error instanceof Error ? error.message : String(error) })
  socket.end(() => process.exit(1))
}
