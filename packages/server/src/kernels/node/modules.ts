import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
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
  const userRequire = createRequire(join(process.cwd(), 'execution.js'))

  const resolve = (specifier: string): string => {
    const name = Object.hasOwn(provided, specifier) ? provided[specifier] : undefined
    return name === undefined ? userRequire.resolve(specifier) : ownRequire.resolve(name)
  }
  const require = Object.assign((specifier: string): unknown => userRequire(resolve(specifier)), {
    resolve,
    cache: userRequire.cache,
  })
  const importModule = async (
    specifier: unknown,
    options?: ImportCallOptions,
  ): Promise<unknown> => {
    const name = String(specifier)
    if (/^(node|data|file|https?):/.test(name)) return import(name, options)
    const path = resolve(name)
    return import(path.startsWith('/') ? pathToFileURL(path).href : path, options)
  }
  define('require', require)
  define(importFunctionName, importModule)
}

function define(name: string, value: unknown): void {
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true })
}
