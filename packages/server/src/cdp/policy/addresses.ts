import { PolicyRefusal } from './action.ts'

const web = new Set(['http:', 'https:'])

const blankPages = new Set(['blank', 'srcdoc'])

/** Why a scheme is refused, and what to do instead. */
const insteadOf: Record<string, string> = {
  'file:': 'Files are read and written in code, and given to pages with DOM.setFileInputFiles.',
  'javascript:': 'Use Runtime.evaluate.',
  'view-source:': 'Use Page.getResourceContent, or read the HTML of the page.',
}

/**
 * The address in its normal form, so that Chromium reads exactly what was
 * checked here: no tricks with case, blanks or control characters.
 *
 * @throws PolicyRefusal when a page of a session has no business there.
 */
export function permittedAddress(address: string): string {
  const url = URL.parse(address)
  if (!url) {
    throw new PolicyRefusal(
      `${quote(address)} is no address; write it in full, such as https://example.com/.`,
    )
  }
  const { protocol, pathname } = url
  const permitted =
    web.has(protocol) ||
    protocol === 'data:' ||
    (protocol === 'blob:' && isWebBlob(pathname)) ||
    (protocol === 'about:' && blankPages.has(pathname))
  if (permitted) return url.href
  const instead = insteadOf[protocol] ?? ''
  throw new PolicyRefusal(
    `A page can be at http, https, data and blob addresses and at about:blank, not at ${quote(address)}. ${instead}`.trim(),
  )
}

function isWebBlob(pathname: string): boolean {
  return pathname.startsWith('null/') || web.has(URL.parse(pathname)?.protocol ?? '')
}

function quote(address: string): string {
  return JSON.stringify(address.length > 100 ? `${address.slice(0, 100)}…` : address)
}
