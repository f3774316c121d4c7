import type { Logger } from 'pino'
import { Profile } from './profile.ts'
import { ProfileLockedError } from './profile-error.ts'
import type { ProfileFolder, ProfileId, SavedProfile } from './profile-folder.ts'

export interface ProfilesOptions {
  folder: ProfileFolder
  /** Bytes of a state, before it is packed. */
  maximumBytes: number
  log: Logger
}

/** A profile as its owner sees it. */
export interface ProfileSummary extends SavedProfile {
  /** Whether a session holds it to save to it. */
  writing: boolean
}

/**
 * Named browser states that outlive sessions: one writer at a time, any number
 * of readers. Who holds one is known in this process only, so that the end of
 * the server, however it comes, frees all of them.
 */
export class Profiles {
  readonly #options: ProfilesOptions
  readonly #writers = new Set<string>()
  #open = 0

  constructor(options: ProfilesOptions) {
    this.#options = options
  }

  get counters(): { open: number; writing: number } {
    return { open: this.#open, writing: this.#writers.size }
  }

  /**
   * Holds a profile for a session. Until it is closed, nobody else can save to
   * one that was opened to be saved.
   *
   * @throws ProfileLockedError
   */
  open(id: ProfileId, { saveChanges }: { saveChanges: boolean }): Profile {
    const { folder, maximumBytes } = this.#options
    const key = lockKey(id)
    if (saveChanges && this.#writers.has(key)) throw new ProfileLockedError('write')
    if (saveChanges) this.#writers.add(key)
    this.#open += 1
    const onClose = (): void => {
      this.#open -= 1
      if (saveChanges) this.#writers.delete(key)
    }
    return new Profile({ id, saveChanges, folder, maximumBytes, onClose })
  }

  /** What was saved under a key, by name. */
  async list(keyId: string): Promise<ProfileSummary[]> {
    const { folder, log } = this.#options
    const saved = await folder.list(keyId, (error) =>
      log.error({ keyId, err: error }, 'a saved profile cannot be read'),
    )
    return saved.map((profile) => ({
      ...profile,
      writing: this.#writers.has(lockKey({ keyId, name: profile.name })),
    }))
  }

  /**
   * Deletes what was saved, if there is something. Sessions that only read it
   * keep what they have.
   *
   * @throws ProfileLockedError
   */
  async delete(id: ProfileId): Promise<void> {
    if (this.#writers.has(lockKey(id))) throw new ProfileLockedError('delete')
    await this.#options.folder.delete(id)
  }
}

function lockKey({ keyId, name }: ProfileId): string {
  return `${keyId}/${name}`
}
