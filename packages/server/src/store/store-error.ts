/** The store could not do what was asked; the message says why and what would help. */
export class StoreError extends Error {
  override readonly name = 'StoreError'
}

// Primary result codes of SQLite, https://www.sqlite.org/rescode.html
const reasons: Record<number, string> = {
  5: 'another process holds it locked; stop that process or try again',
  8: 'it is not writable for this user',
  10: 'the disk reported an input/output error',
  11: 'it is damaged; restore it from a backup or move it away to start anew',
  13: 'the disk is full',
  14: 'it cannot be opened; check that the folder exists and belongs to this user',
  26: 'it is not a Tandem store; move it away or choose another data folder',
}

/** Turns what `node:sqlite` throws into a sentence; anything else stays as it is. */
export function asStoreError(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || !('errcode' in error)) return error
  const primaryCode = Number(error.errcode) & 0xff
  const reason = reasons[primaryCode] ?? error.message
  return new StoreError(`The store ${path} cannot be used: ${reason}.`, { cause: error })
}

export function isLocked(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === 5
}
