import type { DeleteProfileResponse, ListProfilesResponse } from '@tandem-browser/core'
import type { FastifyInstance } from 'fastify'
import type { Profiles } from '../profiles/profiles.ts'
import { profileName } from './schemas.ts'
import { parseInput } from './validation.ts'

/** Saved profiles, under both names of sessions. */
export function profileRoutes(app: FastifyInstance, profiles: Profiles): void {
  for (const prefix of ['/v2/interact', '/v2/browser']) {
    app.get(`${prefix}/profiles`, async (request): Promise<ListProfilesResponse> => {
      const saved = await profiles.list(request.caller.id)
      return {
        success: true,
        profiles: saved.map(({ updatedAt, ...profile }) => ({
          ...profile,
          updatedAt: new Date(updatedAt).toISOString(),
        })),
      }
    })

    const remove = async (keyId: string, name: string): Promise<DeleteProfileResponse> => {
      await profiles.delete({ keyId, name: parseInput(profileName, name) })
      return { success: true }
    }
    app.delete<{ Params: { name: string } }>(`${prefix}/profiles/:name`, (request) =>
      remove(request.caller.id, request.params.name),
    )
    // Else it would be the session of that id.
    app.delete(`${prefix}/profiles`, (request) => remove(request.caller.id, ''))
  }
}
