import { connect, isIPv6, type Socket } from 'node:net'

/** Opens a connection to an address, which has been checked. */
export type Dial = (address: string, port: number) => Socket

/** Milliseconds until the next address is tried while the last one has not answered (RFC 8305). */
const headStart = 250

/** Addresses that are tried. */
const attempts = 6

export const dialDirectly: Dial = (address, port) =>
  connect({
    host: address,
    port,
    family: isIPv6(address) ? 6 : 4,
    allowHalfOpen: true,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: 60_000,
  })

/**
 * The first connection that is made to any of the addresses; the other
 * attempts are ended. Rejects with the error of the last attempt, or with the
 * signal's reason.
 */
export function dialFirst(
  addresses: readonly string[],
  port: number,
  { dial, signal }: { dial: Dial; signal: AbortSignal },
): Promise<Socket> {
  const waiting = alternating(addresses).slice(0, attempts)
  const open = new Set<Socket>()
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined
    let isSettled = false
    const settle = (): void => {
      isSettled = true
      clearTimeout(timer)
      signal.removeEventListener('abort', abort)
      for (const socket of open) socket.destroy()
    }
    const abort = (): void => {
      settle()
      reject(signal.reason as Error)
    }
    const next = (): void => {
      clearTimeout(timer)
      const address = waiting.shift()
      if (address === undefined) return
      const socket = dial(address, port)
      open.add(socket)
      const fail = (error: Error): void => {
        open.delete(socket)
        if (isSettled) return
        if (waiting.length > 0) return next()
        if (open.size > 0) return
        settle()
        reject(error)
      }
      socket.once('error', fail)
      socket.once('connect', () => {
        socket.off('error', fail)
        open.delete(socket)
        settle()
        resolve(socket)
      })
      if (waiting.length > 0) timer = setTimeout(next, headStart)
    }
    if (signal.aborted) return abort()
    signal.addEventListener('abort', abort)
    next()
  })
}

/** IPv4 and IPv6 in turn, so that a family without a route costs one attempt. */
function alternating(addresses: readonly string[]): string[] {
  const six = addresses.filter((address) => isIPv6(address))
  const four = addresses.filter((address) => !isIPv6(address))
  const longest = Math.max(six.length, four.length)
  return Array.from({ length: longest }, (_, index) => [four[index], six[index]])
    .flat()
    .filter((address) => address !== undefined)
}
