import { type Finding, type Observation, failure, warning } from './finding.ts'

/** One question to this machine. */
export interface Probe {
  readonly id: string
  readonly title: string
  /** Whether the server does not start when this cannot be found out. */
  readonly essential?: boolean
  /** Milliseconds until it must be answered. Default: 5000. */
  readonly deadline?: number
  /** @param signal Ends the work when the answer comes too late. */
  examine(signal: AbortSignal): Promise<Observation>
}

/** Answers within the deadline whatever happens: a probe that fails is a finding too. */
export async function runProbe(probe: Probe): Promise<Finding> {
  const { id, title, essential = false, deadline = 5_000 } = probe
  const controller = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = new Error(`no answer within ${deadline / 1000} s`)
      controller.abort(error)
      reject(error)
    }, deadline)
  })
  try {
    const observation = await Promise.race([probe.examine(controller.signal), late])
    return { id, title, ...observation }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    const report = essential ? failure : warning
    return { id, title, ...report(`could not be found out: ${why}`) }
  } finally {
    clearTimeout(timer)
  }
}
