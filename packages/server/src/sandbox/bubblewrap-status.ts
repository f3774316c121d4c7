import type { ChildProcess } from 'node:child_process'
import type { Duplex } from 'node:stream'
import { z } from 'zod'

const status = z.object({ 'child-pid': z.int().positive() })

/**
 * Reads what bubblewrap says of the sandbox that it made (`--info-fd`), and
 * lets the command in it go on once that is known and the command is there.
 * From then on the sandbox ends with the server: bubblewrap asks the system for
 * that only while it makes the sandbox, and not before it tells of it.
 *
 * @param gateDescriptor Where the command says that it is there, and waits.
 * @returns Gives the process id of the first process of the sandbox's pid
 *   namespace once that is known.
 */
export function initOf(
  child: ChildProcess,
  statusDescriptor: number,
  gateDescriptor: number,
): () => number | undefined {
  const gate = child.stdio[gateDescriptor] as Duplex | undefined
  let text = ''
  let init: number | undefined
  let isThere = false
  const goOn = (): void => {
    if (init !== undefined && isThere) gate?.end('\n')
  }
  gate?.on('data', () => {
    isThere = true
    goOn()
  })
  child.stdio[statusDescriptor]?.on('data', (chunk: Buffer) => {
    if (init !== undefined) return
    text += chunk.toString('latin1')
    if (!text.includes('}')) return
    init = status.parse(JSON.parse(text))['child-pid']
    goOn()
  })
  return () => init
}
