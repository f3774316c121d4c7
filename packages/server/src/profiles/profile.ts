import { StateLostError } from '../browser/state-archive.ts'
import { type BrowserState, readState, writeState } from './browser-state.ts'
import { ProfileSaveError, ProfileUnreadableError } from './profile-error.ts'
import type { ProfileFolder, ProfileId } from './profile-folder.ts'
import { SealError } from './sealed-frames.ts'

export interface ProfileOptions {
  id: ProfileId
  saveChanges: boolean
  folder: ProfileFolder
  maximumBytes: number
  onClose: () => void
}

/** A state that was saved. */
export interface RestoredState extends BrowserState {
  /** Frees what was not read of it. To be called in any case. */
  discard: () => void
}

/** A profile that a session holds. */
export class Profile {
  readonly #options: ProfileOptions
  #closed = false

  constructor(options: ProfileOptions) {
    this.#options = options
  }

  get name(): string {
    return this.#options.id.name
  }

  /** Whether what the session leaves is to be saved. */
  get saveChanges(): boolean {
    return this.#options.saveChanges
  }

  /**
   * What was saved last; undefined when nothing was. May be called again.
   *
   * @throws ProfileUnreadableError, also later, while the archive is read.
   */
  async restore(): Promise<RestoredState | undefined> {
    const { folder, id } = this.#options
    try {
      const saved = await folder.read(id)
      if (!saved) return undefined
      const { cookies, archive } = await readState(saved)
      return { cookies, archive: this.#explained(archive), discard: () => saved.destroy() }
    } catch (error) {
      throw this.#explain(error)
    }
  }

  /**
   * Replaces what was saved.
   *
   * @param signal Gives it up; what was saved before stays.
   * @throws ProfileSaveError
   */
  async save(state: BrowserState, signal: AbortSignal): Promise<void> {
    const { folder, id, maximumBytes } = this.#options
    try {
      await folder.write(id, bounded(writeState(state), maximumBytes), signal)
    } catch (error) {
      const reason = signal.aborted ? 'it took too long' : reasonOf(error)
      throw new ProfileSaveError(id.name, reason, { cause: error })
    }
  }

  /** Lets go of it. May be called again. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#options.onClose()
  }

  async *#explained(archive: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    try {
      yield* archive
    } catch (error) {
      throw this.#explain(error)
    }
  }

  #explain(error: unknown): Error {
    if (error instanceof ProfileUnreadableError) return error
    const reason = error instanceof SealError ? error.message : 'its file cannot be read'
    return new ProfileUnreadableError(this.name, reason, { cause: error })
  }
}

/** A state is larger than one may be. */
class StateTooLargeError extends Error {}

async function* bounded(bytes: AsyncIterable<Buffer>, maximum: number): AsyncGenerator<Buffer> {
  let length = 0
  for await (const chunk of bytes) {
    length += chunk.length
    if (length > maximum) {
      const megabytes = maximum / 1024 / 1024
      throw new StateTooLargeError(
        `sites have stored more than the ${megabytes} MB that one may have`,
      )
    }
    yield chunk
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof StateTooLargeError || error instanceof StateLostError) return error.message
  const { code } = error as NodeJS.ErrnoException
  if (code === 'ENOSPC' || code === 'EDQUOT') return 'the disk of the server is full'
  return 'the server could not write it'
}
