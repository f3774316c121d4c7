/** What a registry has, of each thing that must come back to where it was. */
export interface SessionCounters {
  sessions: number
  starting: number
  /** Sessions that nobody has, but may come back to. */
  kept: number
  closing: number
  /** That run or wait. */
  executions: number
  cdpClients: number
  /** That run for viewers: one for each quality that somebody looks at. */
  screencasts: number
  /** Sessions that nobody has yet; those that somebody waits for are under way here as well. */
  pool: { ready: number; starting: number }
  /** Profiles that sessions hold, and those of them that are to be saved. */
  profiles: { open: number; writing: number }
}
