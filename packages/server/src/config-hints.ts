import { settings } from './config-settings.ts'

/** Read elsewhere: by the engine's cache, and by the clients of a server. */
const otherVariables = ['TANDEM_API_KEY', 'TANDEM_BASE_URL', 'TANDEM_CACHE_DIR']

const knownVariables = [
  ...Object.values(settings).map((setting) => setting.variable),
  ...otherVariables,
]

/** What a later version is to read, and why this one does not. */
const laterVariables: ReadonlyMap<string, string> = new Map([
  ['TANDEM_MODEL', 'this version of Tandem has no agent that follows prompts'],
])

/**
 * A sentence for each `TANDEM_*` variable that nothing reads: because it is too
 * early, or because it looks like a misspelling of one that something does.
 */
export function hintsAboutVariables(env: NodeJS.ProcessEnv): string[] {
  const hints: string[] = []
  for (const name of Object.keys(env).toSorted()) {
    const notYet = laterVariables.get(name)
    if (notYet !== undefined) {
      hints.push(`${name} has no effect yet: ${notYet}.`)
      continue
    }
    if (!/^TANDEM_/i.test(name) || knownVariables.includes(name)) continue
    const nearest = knownVariables
      .map((known) => ({ known, distance: editDistance(name.toUpperCase(), known) }))
      .reduce((best, next) => (next.distance < best.distance ? next : best))
    // A third of what follows the prefix may differ: PROT for PORT is 2 of 4,
    // so two letters are always forgiven.
    const forgiven = Math.max(2, Math.floor((nearest.known.length - 'TANDEM_'.length) / 3))
    if (nearest.distance > forgiven) continue
    hints.push(`${name} has no effect. Did you mean ${nearest.known}?`)
  }
  return hints
}

/** Letters to insert, delete or replace to get from one text to the other (Levenshtein). */
function editDistance(from: string, to: string): number {
  let above = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (let row = 1; row <= from.length; row += 1) {
    let left = row
    above = above.map((up, column) => {
      if (column === 0) return left
      const diagonal = above[column - 1] ?? 0
      const replaced = diagonal + (from[row - 1] === to[column - 1] ? 0 : 1)
      left = Math.min(replaced, up + 1, left + 1)
      return left
    })
  }
  return above.at(-1) ?? 0
}
