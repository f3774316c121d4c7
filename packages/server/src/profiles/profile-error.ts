/** Another session holds the profile to save to it. */
export class ProfileLockedError extends Error {
  override name = 'ProfileLockedError'

  /** @param attempt What could not be done meanwhile. */
  constructor(attempt: 'write' | 'delete') {
    super(
      attempt === 'write'
        ? 'Another session is currently writing to this profile. Only one writer is allowed at a ' +
            'time. You can still access it with saveChanges: false, or try again later.'
        : 'A session is currently saving to this profile. Stop that session, then delete the profile.',
    )
  }
}

/** What was saved of a profile cannot be read. It stays as it is. */
export class ProfileUnreadableError extends Error {
  override name = 'ProfileUnreadableError'

  /** @param reason Goes on after "because". */
  constructor(name: string, reason: string, options?: ErrorOptions) {
    super(
      `The profile ${JSON.stringify(name)} cannot be read because ${reason}. Restore the data ` +
        'folder of the server from a backup, or delete the profile.',
      options,
    )
  }
}

/** The state of a browser was not saved to its profile, which is as it was before. */
export class ProfileSaveError extends Error {
  override name = 'ProfileSaveError'

  /** @param reason Goes on after "because". */
  constructor(name: string, reason: string, options?: ErrorOptions) {
    const sentence = `The profile ${JSON.stringify(name)} was not saved because ${reason}.`
    super(`${sentence} It is as it was before the session.`, options)
  }
}
