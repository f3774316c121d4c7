import type sqlite from 'node:sqlite'

type SqliteModule = typeof sqlite

let loaded: SqliteModule | undefined

/**
 * Loads `node:sqlite`. Before Node 24.15 that prints an ExperimentalWarning
 * on stderr, which would stand above every answer of the `tandem` command.
 * The few calls this server makes of the module are the same in all releases
 * that it supports, so exactly that one warning is held back, and only while
 * the module loads.
 */
export function sqliteModule(): SqliteModule {
  if (loaded) return loaded
  const emitWarning = process.emitWarning.bind(process)
  const original = Object.getOwnPropertyDescriptor(process, 'emitWarning')
  process.emitWarning = (warning: string | Error, ...rest: unknown[]) => {
    if (String(warning).startsWith('SQLite is an experimental feature')) return
    Reflect.apply(emitWarning, process, [warning, ...rest])
  }
  try {
    loaded = process.getBuiltinModule('node:sqlite')
  } finally {
    if (original) Object.defineProperty(process, 'emitWarning', original)
  }
  return loaded
}
