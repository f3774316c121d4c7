import type { Config, Flags } from '../config.ts'
import { ApiKeys } from '../keys/api-keys.ts'
import { SqliteStore } from '../store/sqlite-store.ts'
import { closeWithinDeadline } from './close-within-deadline.ts'
import { isolationWarnings } from './isolation-warnings.ts'
import { loadConfig } from './load-config.ts'
import { StartError } from './start-error.ts'
import { StopSignals } from './stop-signals.ts'

/** Longer than saving a profile may take. */
const closeDeadlineMs = 30_000

/** Runs a server until a signal asks for its end; answers the exit code. */
export async function serve(flags: Flags): Promise<number> {
  const config = loadConfig(flags)
  // Before the start: a signal during it must not leave a browser behind.
  const signals = new StopSignals()
  for (const line of isolationWarnings(config)) process.stderr.write(`${line}\n`)
  const { startServer } = await import('../server.ts')
  const server = await startServer(config).catch((error: unknown) => {
    throw StartError.from(error, config)
  })
  try {
    process.stdout.write(`Tandem listens on ${server.url} (isolation: ${server.isolation})\n`)
    await introduceKeys(config, server.url)
    const signal = await signals.first
    process.stderr.write(`${signal}: ending all sessions. A second signal stops at once.\n`)
  } catch (error) {
    await closeWithinDeadline(server, closeDeadlineMs)
    throw error
  }
  const isClosed = await closeWithinDeadline(server, closeDeadlineMs)
  if (!isClosed) {
    const seconds = closeDeadlineMs / 1000
    process.stderr.write(`The sessions did not end within ${seconds} s; stopping anyway.\n`)
  }
  return isClosed ? 0 : 1
}

/** At the first start of all, makes a key and shows it. */
async function introduceKeys(config: Config, url: string): Promise<void> {
  const store = await SqliteStore.open(config.dataDirectory)
  try {
    const keys = new ApiKeys(store, config.apiKeys)
    const summaries = await keys.list()
    if (summaries.length === 0) {
      const { key } = await keys.add({ name: 'first' })
      process.stdout.write(firstKeyText(key, url))
    } else if (summaries.every((summary) => summary.revokedAt !== undefined)) {
      // All were taken away on purpose: giving out a new one is not ours to decide.
      process.stderr.write(
        'All API keys are revoked, so every request is refused. Make one with: tandem keys add\n',
      )
    }
  } finally {
    await store.close()
  }
}

/** Ruled above and below only, so that the lines can be copied whole. */
function firstKeyText(key: string, url: string): string {
  const rule = '─'.repeat(78)
  return `
${rule}
  The first API key of this server. It is shown only this once.
${rule}

export TANDEM_API_KEY=${key}

  A first session:

curl -X POST ${url}/v2/interact -H "Authorization: Bearer $TANDEM_API_KEY"

  More keys: tandem keys add --name <name>
${rule}

`
}
