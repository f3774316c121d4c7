/** Credits an hour of a session costs (contract §5: two a minute). */
const creditsPerHour = 120

/**
 * Credits for a session of that many milliseconds: by the millisecond, rounded
 * up once, and never less than a minute's.
 */
export function creditsFor(duration: number): number {
  const hours = duration / 3_600_000
  return Math.max(Math.ceil(creditsPerHour / 60), Math.ceil(hours * creditsPerHour))
}
