import type { ReplayRequest } from './replay-contexts.ts'

/** Milliseconds for everything but the waits. */
const allowance = 45_000
/** Milliseconds that a wait for an element counts. */
const elementWait = 1_000
const shortest = 30_000
const longest = 300_000

/** Milliseconds within which a scrape's page must have been reached again (contract §5). */
export function replayTimeout({ waitFor = 0, actions = [] }: ReplayRequest): number {
  const waits = actions.map((action) => {
    if (action.type !== 'wait') return 0
    return action.milliseconds ?? elementWait
  })
  const total = waits.reduce((sum, wait) => sum + wait, waitFor + allowance)
  return Math.min(longest, Math.max(shortest, total))
}
