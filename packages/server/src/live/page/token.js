/**
 * The secret of this live view. It comes in the fragment of the address, is taken out of it so that no
 * history keeps it, and is kept for this tab alone, for when the page is loaded again.
 *
 * @param {string} sessionId
 * @returns {string | undefined}
 */
export function takeToken(sessionId) {
  const name = `tandem-live-${sessionId}`
  const given = location.hash.slice(1)
  if (given === '') return read(name)
  history.replaceState(null, '', location.pathname + location.search)
  try {
    sessionStorage.setItem(name, given)
  } catch {
    // Frames of other sites may have no storage; loading such a frame again needs its whole address.
  }
  return given
}

/** @param {string} name */
function read(name) {
  try {
    return sessionStorage.getItem(name) ?? undefined
  } catch {
    return undefined
  }
}
