import type { ProfileOptions } from '@tandem-browser/core'

/** A profile as a session holds it. */
type HeldProfile = Required<ProfileOptions>

/** For a session that starts from a profile and saves to it, unless the request wants otherwise. */
export function profileToSave(request: Request | undefined): HeldProfile | undefined {
  return request && { name: request.name, saveChanges: request.saveChanges ?? true }
}

/** For a session that only starts from it. */
export function profileToRead(request: Request | undefined): HeldProfile | undefined {
  return request && { name: request.name, saveChanges: false }
}

interface Request {
  name: string
  saveChanges?: boolean | undefined
}
