import type { ChildProcess } from 'node:child_process'
import { z } from 'zod'

const status = z.object({ 'child-pid': z.int().positive() })

/**
 * Reads what bubblewrap says of the sandbox that it made (`--info-fd`), and
 * lets the command in it go on: from then on the sandbox ends with the server.
 * Of a server that dies earlier, the command finds its standard input at an end.
 *
 * @returns Gives the process id of the first process of the sandbox's pid
 *   namespace once that is known.
 */
export function initOf(child: ChildProcess, descriptor: number): () => number | undefined {
  let text = ''
  let init: number | undefined
  child.stdio[descriptor]?.on('data', (chunk: Buffer) => {
    if (init !== undefined) return
    text += chunk.toString('latin1')
    if (!text.includes('}')) return
    init = status.parse(JSON.parse(text))['child-pid']
    child.stdin?.end('\n')
  })
  return () => init
}
