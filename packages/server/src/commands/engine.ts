import { findEngine } from '../browser/engine.ts'
import type { Flags } from '../config.ts'
import { loadConfig } from './load-config.ts'

/** Unpacks the bundled engine if need be, tries it, and says what will be used. */
export async function showEngine(flags: Flags): Promise<number> {
  const config = loadConfig(flags)
  let isAnnounced = false
  const engine = await findEngine({
    executable: config.chromium,
    onProgress: () => {
      if (!isAnnounced) process.stderr.write('Unpacking the bundled browser, this one time.\n')
      isAnnounced = true
    },
  })
  process.stdout.write(`${engine.kind} ${engine.version}\n${engine.executablePath}\n`)
  return 0
}
