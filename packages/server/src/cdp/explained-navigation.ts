import type { CdpMessage } from './message.ts'

/** What Chromium says when the proxy does not connect it (net_error_list.h). */
const tunnelFailed = 'net::ERR_TUNNEL_CONNECTION_FAILED'

/**
 * Of a tunnel that was refused, Chromium knows no more than that there was none.
 *
 * @param explain Why the network policy stopped a navigation to an address.
 * @returns What to do with the answer in place of `settle`.
 */
export function explained(
  { method, params }: CdpMessage,
  settle: (answer: CdpMessage) => void,
  explain: (address: string) => string | undefined,
): (answer: CdpMessage) => void {
  if (method !== 'Page.navigate') return settle
  return (answer) => {
    const { result } = answer
    const why =
      result?.['errorText'] === tunnelFailed ? explain(String(params?.['url'])) : undefined
    const errorText = `${tunnelFailed} (${why})`
    settle(why === undefined ? answer : { ...answer, result: { ...result, errorText } })
  }
}
