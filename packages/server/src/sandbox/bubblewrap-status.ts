import type { ChildProcess } from 'node:child_process'
import { z } from 'zod'

const status = z.object({ 'child-pid': z.int().positive() })

/**
 * Reads what bubblewrap says of the sandbox that it made (`--info-fd`).
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
    if (text.includes('}')) init = status.parse(JSON.parse(text))['child-pid']
  })
  return () => init
}
