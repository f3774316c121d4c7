import { ValidationError } from './errors.ts'
import type { CallOptions, TandemOptions } from './options.ts'
import { Transport } from './transport.ts'
import type { DeleteProfileResponse, ListProfilesResponse, ProfileSummary } from './types.ts'

export type { ProfileSummary } from './types.ts'

/**
 * The profiles that are saved on a server: browser state that outlives sessions. A session begins
 * with one when it is created with `profile: { name }`.
 */
export class Profiles {
  readonly #transport: Transport

  /** Takes what `new Tandem` takes. Making one reads nothing and sends nothing. */
  constructor(options: TandemOptions = {}) {
    this.#transport = new Transport({ ...options })
  }

  /** All profiles of the API key, by name. */
  async list({ signal }: CallOptions = {}): Promise<ProfileSummary[]> {
    const { data } = await this.#transport.json<ListProfilesResponse>(
      { method: 'GET', path: ['interact', 'profiles'], signal },
      'profiles',
    )
    return data.profiles
  }

  /**
   * Deletes a profile. May be repeated, also when there was none of that name.
   *
   * @throws ProfileLockedError while a session is to save to it
   */
  async delete(name: string, { signal }: CallOptions = {}): Promise<void> {
    // Dots alone would be resolved away on the way, and reach something else.
    if (/^\.{0,2}$/.test(name) || !name.isWellFormed()) {
      throw new ValidationError(
        'A profile is deleted by its name, which is not empty, not one or two dots, and well-formed Unicode.',
      )
    }
    await this.#transport.json<DeleteProfileResponse>(
      { method: 'DELETE', path: ['interact', 'profiles', name], signal },
      'success',
    )
  }
}
