import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Script, constants } from 'node:vm'
import { importFunctionName } from './repl-source.ts'

/** Packages that user code gets from the server, whatever lies in its folder. */
const provided: Readonly<Record<string, string>> = {
  playwright: 'playwright-core',
  'playwright-core': 'playwright-core',
}

/**
 * Gives user code `require` and `import`: of Node's own modules, of Playwright,
 * and of what lies in its working directory.
 */
export function installModules(): void {
  const ownRequire = createRequire(import.meta.url)
  const base = join(process.cwd(), 'execution.js')
  const userRequire = createRequire(base)
  // Resolves as an import that is written in a file of the working directory.
  const userImport = new Script('(specifier, options) => import(specifier, options)', {
    filename: base,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  }).runInThisContext() as ImportFunction

  const findProvided = (specifier: unknown): string | undefined => {
    const name = String(specifier)
    return Object.hasOwn(provided, name) ? ownRequire.resolve(provided[name] as string) : undefined
  }
  const resolve = (specifier: string): string =>
    findProvided(specifier) ?? userRequire.resolve(specifier)
  const requireModule = (specifier: string): unknown => userRequire(resolve(specifier))
  const importModule: ImportFunction = async (specifier, options) => {
    const path = findProvided(specifier)
    return userImport(path === undefined ? specifier : pathToFileURL(path).href, options)
  }
  define('require', Object.assign(requireModule, { resolve, cache: userRequire.cache }))
  define(importFunctionName, importModule)
}

type ImportFunction = (specifier: unknown, options?: ImportCallOptions) => Promise<unknown>

function define(name: string, value: unknown): void {
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true })
}
