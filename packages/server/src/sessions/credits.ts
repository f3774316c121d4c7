/** Credits an hour of a session costs (contract §5), and one in which a prompt was used. */
const creditsPerHour = 120
const creditsPerPromptedHour = 420

/** Credits of a scrape. */
export const scrapeCredits = 1

/**
 * Credits for a session of that many milliseconds: by the millisecond, rounded
 * up once, and never less than a minute's.
 */
export function creditsFor(duration: number, prompted = false): number {
  const rate = prompted ? creditsPerPromptedHour : creditsPerHour
  const hours = duration / 3_600_000
  return Math.max(Math.ceil(rate / 60), Math.ceil(hours * rate))
}
