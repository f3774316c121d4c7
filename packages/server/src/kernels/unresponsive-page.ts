import { CdpCommandError } from '../cdp/command-error.ts'
import type { CdpMultiplexer } from '../cdp/multiplexer.ts'

/** Milliseconds in which a page answers that is not kept busy. */
const answerDeadline = 2_000

/** Whether a page of the browser does not answer: its script is busy, or a dialog is open. */
export async function hasUnresponsivePage(cdp: CdpMultiplexer): Promise<boolean> {
  const { targetInfos } = await cdp.command<{ targetInfos: { targetId: string; type: string }[] }>(
    'Target.getTargets',
  )
  const pages = targetInfos.filter((target) => target.type === 'page')
  const answers = await Promise.all(pages.map(({ targetId }) => doesAnswer(cdp, targetId)))
  return answers.includes(false)
}

async function doesAnswer(cdp: CdpMultiplexer, targetId: string): Promise<boolean> {
  let sessionId: string
  try {
    const attached = await cdp.command<{ sessionId: string }>('Target.attachToTarget', {
      targetId,
      flatten: true,
    })
    sessionId = attached.sessionId
  } catch {
    // It was closed meanwhile.
    return true
  }
  try {
    await cdp.command(
      'Runtime.evaluate',
      { expression: '0' },
      { sessionId, deadline: answerDeadline },
    )
    return true
  } catch (error) {
    return error instanceof CdpCommandError
  } finally {
    cdp.command('Target.detachFromTarget', { sessionId }).catch(() => {})
  }
}
