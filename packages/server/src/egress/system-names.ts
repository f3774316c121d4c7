import { lookup, Resolver } from 'node:dns/promises'
import { setTimeout as delay } from 'node:timers/promises'
import limit from 'p-limit'
import { HostsFile } from './hosts-file.ts'

/**
 * All addresses of a name. Rejects with an error whose `code` is Node's:
 * `ENOTFOUND`, `ETIMEOUT` and so on. An empty answer means that there are none.
 */
export type ResolveName = (name: string, signal: AbortSignal) => Promise<readonly string[]>

/** Milliseconds for the second address family once the first has answered. */
const familyGrace = 500

/** Milliseconds for one question to one name server, and how often it is asked. */
const question = { timeout: 2_500, tries: 2 }

const isUnknown = (error: unknown): boolean =>
  ['ENOTFOUND', 'ENODATA', 'ECONNREFUSED', 'ENOSERVER'].includes(codeOf(error))

/**
 * Resolves as the machine would: its hosts file, its name servers, and at last
 * the system's own function, which also knows search domains and what else the
 * machine is set up with. That one comes last because it holds a thread of the
 * pool that the whole server shares until it returns, and nothing ends it
 * earlier; a page full of dead names must not stop everybody's files and names.
 */
export class SystemNames {
  readonly #hosts: HostsFile
  readonly #servers: readonly string[] | undefined
  // As many threads as libuv gives to it out of its default four.
  readonly #oneOfTwo = limit(2)

  /** @param options.nameServers `address:port` of each, instead of the machine's. */
  constructor(options: { hosts?: HostsFile; nameServers?: readonly string[] } = {}) {
    this.#hosts = options.hosts ?? new HostsFile()
    this.#servers = options.nameServers
  }

  readonly resolve: ResolveName = async (name, signal) => {
    const known = await this.#hosts.addresses(name)
    if (known.length > 0) return known
    try {
      return await this.#ask(name, signal)
    } catch (error) {
      if (!isUnknown(error) || this.#servers) throw error
    }
    return this.#oneOfTwo(async () => {
      signal.throwIfAborted()
      const found = await lookup(name, { all: true, order: 'verbatim' })
      return found.map(({ address }) => address)
    })
  }

  async #ask(name: string, signal: AbortSignal): Promise<readonly string[]> {
    // One of its own for each name: it can be cancelled, and it reads the settings as they are now.
    const resolver = new Resolver(question)
    if (this.#servers) resolver.setServers(this.#servers)
    const cancel = (): void => resolver.cancel()
    signal.throwIfAborted()
    signal.addEventListener('abort', cancel)
    const found: string[] = []
    const families = [resolver.resolve4(name), resolver.resolve6(name)].map(async (answer) => {
      found.push(...(await answer))
    })
    const done = new AbortController()
    try {
      const grace = Promise.any(families).then(() =>
        delay(familyGrace, undefined, { signal: done.signal }),
      )
      const all = Promise.allSettled(families)
      await Promise.race([all, grace.catch(() => all)])
      signal.throwIfAborted()
      if (found.length > 0) return [...found]
      const results = await all
      throw worst(
        results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : [])),
      )
    } finally {
      done.abort()
      signal.removeEventListener('abort', cancel)
      resolver.cancel()
    }
  }
}

/** A family that failed says more than one that has no addresses. */
function worst(errors: readonly unknown[]): unknown {
  return errors.find((error) => !isUnknown(error)) ?? errors[0] ?? new Error('no answer')
}

/** Node's code of an error, or nothing. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}
