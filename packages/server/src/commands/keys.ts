import type { Config, Flags } from '../config.ts'
import { ApiKeys } from '../keys/api-keys.ts'
import type { KeySummary } from '../keys/api-keys.ts'
import { CreditAccounts, type CreditSummary } from '../keys/credit-accounts.ts'
import { type KeyLimitChanges, type KeyLimits, KeyLimitStore } from '../keys/key-limits.ts'
import { SqliteStore } from '../store/sqlite-store.ts'
import { loadConfig } from './load-config.ts'

/** The key goes to stdout alone, so that `export TANDEM_API_KEY=$(tandem keys add)` works. */
export async function addKey(
  flags: Flags,
  { name, ...grants }: KeyGrants & { name: string },
): Promise<number> {
  return withKeys(loadConfig(flags), async ({ keys, ...rest }) => {
    const { id, key } = await keys.add({ name })
    await grant(id, grants, rest)
    process.stdout.write(`${key}\n`)
    process.stderr.write(
      `This is the key ${id} (${name}). It is shown only this once. A running server accepts it already.\n`,
    )
    return 0
  })
}

export async function listKeys(flags: Flags): Promise<number> {
  return withKeys(loadConfig(flags), async ({ keys, limits, accounts }) => {
    const summaries = await keys.list()
    if (summaries.length === 0) {
      process.stdout.write('There is no key yet. Make one with: tandem keys add --name <name>\n')
      return 0
    }
    const rows = summaries.map(async (key) => [
      ...rowOf(key),
      ...grantsOf(await limits.of(key.id), await accounts.summary(key.id)),
    ])
    process.stdout.write(table([[...columns], ...(await Promise.all(rows))]))
    return 0
  })
}

/** Changes what a key may do; a running server goes by it from its next request on. */
export async function setKey(flags: Flags, id: string, grants: KeyGrants): Promise<number> {
  if (Object.values(grants).every((value) => value === undefined)) {
    process.stderr.write('Say what to set: --sessions, --requests-per-minute or --credits.\n')
    return 1
  }
  return withKnownKey(flags, id, async (stores) => {
    await grant(id, grants, stores)
    process.stdout.write('Set. A running server goes by it from its next request on.\n')
    return 0
  })
}

/** Gives a key more credits, beside what it has. */
export async function addCredits(flags: Flags, id: string, credits: number): Promise<number> {
  return withKnownKey(flags, id, async ({ accounts }) => {
    if (!(await accounts.add(id, credits))) {
      process.stderr.write(
        'This key has unlimited credits. Give it a number of them with: tandem keys set --credits\n',
      )
      return 1
    }
    const { balance } = await accounts.summary(id)
    process.stdout.write(`The key has ${balance} credits now.\n`)
    return 0
  })
}

export async function revokeKey(flags: Flags, id: string): Promise<number> {
  return withKeys(loadConfig(flags), async ({ keys }) => {
    const answers = {
      revoked: 'The key is revoked. A running server refuses it from now on.',
      'already-revoked': 'The key was revoked before.',
      'from-environment':
        'This key comes from TANDEM_API_KEYS. Take it out there and restart the server.',
      unknown: unknownKey,
    }
    const result = await keys.revoke(id)
    const isDone = result === 'revoked' || result === 'already-revoked'
    const stream = isDone ? process.stdout : process.stderr
    stream.write(`${answers[result]}\n`)
    return isDone ? 0 : 1
  })
}

/** What an operator may set for a key. */
export interface KeyGrants extends KeyLimitChanges {
  credits: number | 'unlimited' | undefined
}

interface KeyStores {
  keys: ApiKeys
  limits: KeyLimitStore
  accounts: CreditAccounts
}

// What was typed is not repeated: it may be a key instead of an id.
const unknownKey = 'There is no key with this id. The ids are shown by: tandem keys list'

async function grant(
  id: string,
  { credits, ...changes }: KeyGrants,
  { limits, accounts }: Omit<KeyStores, 'keys'>,
): Promise<void> {
  await limits.change(id, changes)
  if (credits !== undefined) await accounts.set(id, credits)
}

async function withKnownKey(
  flags: Flags,
  id: string,
  action: (stores: KeyStores) => Promise<number>,
): Promise<number> {
  return withKeys(loadConfig(flags), async (stores) => {
    const summaries = await stores.keys.list()
    if (summaries.some((key) => key.id === id)) return action(stores)
    process.stderr.write(`${unknownKey}\n`)
    return 1
  })
}

async function withKeys(config: Config, action: (stores: KeyStores) => Promise<number>) {
  const store = await SqliteStore.open(config.dataDirectory)
  try {
    return await action({
      keys: new ApiKeys(store, config.apiKeys),
      limits: new KeyLimitStore(store),
      accounts: new CreditAccounts(store),
    })
  } finally {
    await store.close()
  }
}

const columns = [
  'id',
  'name',
  'created',
  'last used',
  'state',
  'sessions',
  'req/min',
  'credits',
  'spent',
] as const

function grantsOf({ sessions, requestsPerMinute }: KeyLimits, credits: CreditSummary): string[] {
  const shown = [sessions, requestsPerMinute, credits.balance].map((value) =>
    value === undefined ? 'unlimited' : String(value),
  )
  return [...shown, String(credits.spent)]
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
