import type { DatabaseSync } from 'node:sqlite'
import { StoreError } from './store-error.ts'

/**
 * Each entry takes the file one version further. Entries are only ever added:
 * files written by an earlier release start somewhere in the middle.
 */
const migrations = [
  `
  CREATE TABLE record (
    key TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL,
    version TEXT NOT NULL,
    expires_at INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX record_expiry ON record (expires_at) WHERE expires_at IS NOT NULL;

  CREATE TABLE blob (
    key TEXT PRIMARY KEY NOT NULL,
    bytes BLOB NOT NULL,
    expires_at INTEGER
  ) STRICT;
  CREATE INDEX blob_expiry ON blob (expires_at) WHERE expires_at IS NOT NULL;
  `,
]

export const schemaVersion = migrations.length

// Marks the file as ours: "Tndm".
const applicationId = 0x546e646d

/** Brings the file to the present version, or refuses it with a sentence. */
export function migrate(database: DatabaseSync, path: string): void {
  checkVersion(database, path)
  if (pragma(database, 'user_version') === schemaVersion) return
  // Immediate, and the version read again inside: two processes may get here
  // at once, and the second must find the work done.
  database.exec('BEGIN IMMEDIATE')
  try {
    const version = checkVersion(database, path)
    for (const migration of migrations.slice(version)) database.exec(migration)
    database.exec(`PRAGMA application_id = ${applicationId}`)
    database.exec(`PRAGMA user_version = ${schemaVersion}`)
    database.exec('COMMIT')
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}

function checkVersion(database: DatabaseSync, path: string): number {
  const version = pragma(database, 'user_version')
  if (version > schemaVersion) {
    throw new StoreError(
      `The store ${path} was written by a newer release of Tandem (schema ${version}; this ` +
        `release knows up to ${schemaVersion}). Use that release, or another data folder.`,
    )
  }
  const owner = pragma(database, 'application_id')
  const tables = database.prepare('SELECT count(*) AS count FROM sqlite_schema').get()?.['count']
  if (owner !== applicationId && tables !== 0) {
    throw new StoreError(
      `The file ${path} is a database of another program. Choose another data folder.`,
    )
  }
  return version
}

function pragma(database: DatabaseSync, name: string): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name])
}
