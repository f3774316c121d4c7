import type { Config, Flags } from '../config.ts'
import { ApiKeys } from '../keys/api-keys.ts'
import type { KeySummary } from '../keys/api-keys.ts'
import { SqliteStore } from '../store/sqlite-store.ts'
import { loadConfig } from './load-config.ts'

/** The key goes to stdout alone, so that `export TANDEM_API_KEY=$(tandem keys add)` works. */
export async function addKey(flags: Flags, name: string): Promise<number> {
  return withKeys(loadConfig(flags), async (keys) => {
    const { id, key } = await keys.add({ name })
    process.stdout.write(`${key}\n`)
    process.stderr.write(
      `This is the key ${id} (${name}). It is shown only this once. A running server accepts it already.\n`,
    )
    return 0
  })
}

export async function listKeys(flags: Flags): Promise<number> {
  return withKeys(loadConfig(flags), async (keys) => {
    const summaries = await keys.list()
    if (summaries.length === 0) {
      process.stdout.write('There is no key yet. Make one with: tandem keys add --name <name>\n')
      return 0
    }
    const rows = [['id', 'name', 'created', 'last used', 'state'], ...summaries.map(rowOf)]
    process.stdout.write(table(rows))
    return 0
  })
}

export async function revokeKey(flags: Flags, id: string): Promise<number> {
  return withKeys(loadConfig(flags), async (keys) => {
    // What was typed is not repeated: it may be a key instead of an id.
    const answers = {
      revoked: 'The key is revoked. A running server refuses it from now on.',
      'already-revoked': 'The key was revoked before.',
      'from-environment':
        'This key comes from TANDEM_API_KEYS. Take it out there and restart the server.',
      unknown: 'There is no key with this id. The ids are shown by: tandem keys list',
    }
    const result = await keys.revoke(id)
    const isDone = result === 'revoked' || result === 'already-revoked'
    const stream = isDone ? process.stdout : process.stderr
    stream.write(`${answers[result]}\n`)
    return isDone ? 0 : 1
  })
}

async function withKeys(config: Config, action: (keys: ApiKeys) => Promise<number>) {
  const store = await SqliteStore.open(config.dataDirectory)
  try {
    return await action(new ApiKeys(store, config.apiKeys))
  } finally {
    await store.close()
  }
}

function rowOf(key: KeySummary): string[] {
  const state = key.revokedAt === undefined ? 'active' : `revoked ${timeOf(key.revokedAt)}`
  return [
    key.id,
    key.name,
    key.source === 'environment' ? '-' : timeOf(key.createdAt),
    // The use of a key from the environment is known only to the server itself.
    key.source === 'environment' ? '-' : timeOf(key.lastUsedAt),
    state,
  ]
}

function table(rows: string[][]): string {
  const widthOf = (column: number): number =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0))
  const lines = rows.map((row) =>
    row.map((cell, column) => cell.padEnd(widthOf(column))).join('  '),
  )
  return lines.map((line) => `${line.trimEnd()}\n`).join('')
}

function timeOf(milliseconds: number | undefined): string {
  if (milliseconds === undefined) return 'never'
  return `${new Date(milliseconds).toISOString().slice(0, 16).replace('T', ' ')}Z`
}
