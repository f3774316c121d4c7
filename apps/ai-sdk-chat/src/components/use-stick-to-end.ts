import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react'

/** Pixels from the end that still count as being there. */
const tolerance = 80

interface StickToEnd {
  scroller: RefObject<HTMLElement | null>
  isAtEnd: boolean
  goToEnd: () => void
}

/** Keeps the end of what grows in view, unless the reader has scrolled away from it. */
export function useStickToEnd(): StickToEnd {
  const scroller = useRef<HTMLElement>(null)
  const sticks = useRef(true)
  const [isAtEnd, setIsAtEnd] = useState(true)

  useEffect(() => {
    const element = scroller.current
    if (!element) return undefined
    const onScroll = (): void => {
      const rest = element.scrollHeight - element.scrollTop - element.clientHeight
      sticks.current = rest < tolerance
      setIsAtEnd(sticks.current)
    }
    element.addEventListener('scroll', onScroll, { passive: true })
    return () => element.removeEventListener('scroll', onScroll)
  }, [])

  const goToEnd = useCallback((): void => {
    scroller.current?.scrollTo({ top: scroller.current.scrollHeight })
  }, [])

  // Whatever was rendered may have made it longer.
  useLayoutEffect(() => {
    if (sticks.current) goToEnd()
  })

  return { scroller, isAtEnd, goToEnd }
}
