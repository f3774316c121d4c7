import { isIP, isIPv4, isIPv6 } from 'node:net'

/**
 * Reads `10.0.0.53`, `10.0.0.53:5353`, `fd00::53` or `[fd00::53]:53`.
 *
 * @returns What is wrong with the text, to go on after it, when it is no name server.
 */
export function parseNameServer(text: string): { entry: string } | string {
  const match = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text)
  const address = match?.[1] ?? match?.[2] ?? ''
  const isBracketed = match?.[1] !== undefined
  const port = match?.[3] === undefined ? 53 : Number(match[3])
  const isAddress = isBracketed ? isIPv6(address) : isIPv4(address)
  if (isIP(text) || (isAddress && port >= 1 && port <= 65_535)) return { entry: text }
  return 'is not the IP address of a name server, with or without a port.'
}
