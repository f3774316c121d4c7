import type { CdpMultiplexer } from '../cdp/multiplexer.ts'

/**
 * One round trip to a page of the browser, through Chromium's own process and
 * the page's: a browser that merely runs is not ready. Opens a page when there
 * is none.
 *
 * @param deadline Milliseconds for all of it.
 * @throws CommandTimeoutError, CdpCommandError, BrowserGoneError
 */
export async function probePage(cdp: CdpMultiplexer, deadline: number): Promise<void> {
  const until = performance.now() + deadline
  const command = <Result>(
    method: string,
    params: Record<string, unknown> = {},
    sessionId?: string,
  ): Promise<Result> =>
    cdp.command<Result>(method, params, {
      deadline: Math.max(0, Math.round(until - performance.now())),
      ...(sessionId === undefined ? {} : { sessionId }),
    })
  const { targetInfos } = await command<{ targetInfos: { targetId: string; type: string }[] }>(
    'Target.getTargets',
  )
  const page =
    targetInfos.find((target) => target.type === 'page') ??
    (await command<{ targetId: string }>('Target.createTarget', { url: 'about:blank' }))
  const { sessionId } = await command<{ sessionId: string }>('Target.attachToTarget', {
    targetId: page.targetId,
    flatten: true,
  })
  try {
    await command('Runtime.evaluate', { expression: '0' }, sessionId)
  } finally {
    // Nobody waits for it: what comes next is behind it in the pipe.
    cdp.command('Target.detachFromTarget', { sessionId }).catch(() => {})
  }
}
