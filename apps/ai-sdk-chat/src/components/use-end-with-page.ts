import { useEffect } from 'react'

/** Ends a conversation and its session. Should it fail, the session ends when it was idle for long. */
export async function endConversation(id: string): Promise<void> {
  // Also when the page goes away meanwhile.
  await fetch(`/api/conversations/${id}`, { method: 'DELETE', keepalive: true }).catch(() => {})
}

/** Ends the conversation when its page is closed or left for good. */
export function useEndWithPage(id: string, hasBegun: boolean): void {
  useEffect(() => {
    if (!hasBegun) return undefined
    const onPageHide = ({ persisted }: PageTransitionEvent): void => {
      if (!persisted) void endConversation(id)
    }
    addEventListener('pagehide', onPageHide)
    return () => removeEventListener('pagehide', onPageHide)
  }, [id, hasBegun])
}
