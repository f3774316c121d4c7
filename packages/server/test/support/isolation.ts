/** How the servers of the tests isolate: `none` only where the set-up found nothing else to work. */
export const isolation: 'bubblewrap' | 'none' =
  process.env['TANDEM_ISOLATION'] === 'none' ? 'none' : 'bubblewrap'

/**
 * Whether this machine makes sandboxes. Tests of what they keep apart are skipped without
 * (`test.skipIf(!isolationAvailable)`); `npm test` says why when it begins.
 */
export const isolationAvailable: boolean = isolation === 'bubblewrap'
