import type { ExaminedConfig } from '../config.ts'
import { browserProbes } from './browser-probes.ts'
import { configurationProbes } from './configuration-probes.ts'
import { EnginePreparation } from './engine-preparation.ts'
import type { Finding } from './finding.ts'
import { languageProbes } from './language-probes.ts'
import { runProbe } from './probe.ts'
import { resourceProbes } from './resource-probes.ts'
import { isolationProbes } from './isolation-probes.ts'
import { probeIsolation } from '../sandbox/probe-isolation.ts'

export interface DiagnoseOptions extends ExaminedConfig {
  /** Variables that look misspelt, a sentence each. */
  hints: readonly string[]
  /** Called once if the bundled browser has to be unpacked first, which takes a while. */
  onUnpack?: () => void
}

/**
 * Examines everything that a server with this configuration needs of this
 * machine. All at once: the findings come in the order in which to read them.
 */
export function diagnose(options: DiagnoseOptions): Promise<Finding>[] {
  const { config } = options
  const isolation = probeIsolation({ bwrap: config.bwrap })
  const engine = new EnginePreparation(config.chromium, options.onUnpack)
  const probes = [
    ...configurationProbes(options, isolation),
    ...isolationProbes(config, isolation),
    ...browserProbes(config, isolation, engine),
    ...languageProbes(config),
    ...resourceProbes(config),
  ]
  return probes.map((probe) => runProbe(probe))
}
