import { hintsAboutVariables } from '../config-hints.ts'
import { parseConfig } from '../config.ts'
import type { Config, Flags } from '../config.ts'

/** The configuration of this process; hints about misspelt variables go to stderr. */
export function loadConfig(flags: Flags): Config {
  for (const hint of hintsAboutVariables(process.env)) process.stderr.write(`${hint}\n`)
  const config = parseConfig({ env: process.env, flags })
  // The keys are hashed now. The plain ones must not be handed down to a
  // browser or to somebody's code with the environment.
  delete process.env['TANDEM_API_KEYS']
  delete process.env['TANDEM_OPERATOR_KEYS']
  return config
}
