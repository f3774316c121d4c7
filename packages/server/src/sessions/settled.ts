import type { EndReason } from '@tandem-browser/core'
import type { Logger } from 'pino'
import { InsufficientCreditsError } from '../keys/credit-accounts.ts'
import { creditsFor } from './credits.ts'
import { SessionNotPersistedError } from './session-error.ts'
import type { Session, SessionEnd } from './session.ts'

/** A session whose teardown failed has ended all the same; operators hear of what is left. */
export async function settled(
  session: Session,
  reason: EndReason,
  ended: Promise<SessionEnd>,
  log: Logger,
): Promise<SessionEnd> {
  const { id } = session
  try {
    const end = await ended
    log.info({ sessionId: id, endReason: reason, durationMs: end.duration }, 'session ended')
    return end
  } catch (error) {
    log.error({ sessionId: id, endReason: reason, err: error }, 'session did not end cleanly')
    const duration = Date.now() - session.createdAt
    return { reason, duration, credits: creditsFor(duration, session.prompted) }
  }
}

/** Of a session of which nothing is kept any more but that it once was. */
export const unknownEnd: SessionEnd = { reason: 'released', duration: 0, credits: 0 }

/** What a session that could not be written down is answered with. */
export function persistFailure(error: unknown): Error {
  return error instanceof InsufficientCreditsError ? error : new SessionNotPersistedError(error)
}
