import { takeToken } from './token.js'

/** Milliseconds that a ticket may take. */
const deadline = 10_000

/** The address of the live view, without its token. */
export const base = location.pathname.replace(/\/+$/, '')

export const token = takeToken(base.split('/').at(-1) ?? '')

/**
 * Asks for a ticket, which opens one connection.
 *
 * @param {string} secret
 */
function askForTicket(secret) {
  return fetch(`${base}/ticket`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token: secret }),
    signal: AbortSignal.timeout(deadline),
  })
}

/** The first one is on its way while the rest of the page is still being loaded. */
let first = token === undefined ? undefined : askForTicket(token)
// Whoever takes it hears of a failure.
first?.catch(() => {})

/**
 * The answer to a question for a ticket.
 *
 * @param {string} secret
 */
export function nextTicket(secret) {
  const asked = first ?? askForTicket(secret)
  first = undefined
  return asked
}
