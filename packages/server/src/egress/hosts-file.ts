import { readFile, stat } from 'node:fs/promises'
import { isIP } from 'node:net'
import { join } from 'node:path'

const systemPath =
  process.platform === 'win32'
    ? join(process.env['SystemRoot'] ?? 'C:\\Windows', 'System32', 'drivers', 'etc', 'hosts')
    : '/etc/hosts'

/** The names that the machine itself gives addresses, before any name server is asked. */
export class HostsFile {
  readonly #path: string
  readonly #freshness: number
  #names: ReadonlyMap<string, readonly string[]> = new Map()
  #checkedAt = -Infinity
  #version = ''

  /** @param freshness Milliseconds for which the file is taken to be unchanged. */
  constructor(path: string = systemPath, freshness = 1_000) {
    this.#path = path
    this.#freshness = freshness
  }

  async addresses(name: string): Promise<readonly string[]> {
    const now = performance.now()
    if (now - this.#checkedAt >= this.#freshness) {
      this.#checkedAt = now
      await this.#refresh()
    }
    return this.#names.get(name) ?? []
  }

  async #refresh(): Promise<void> {
    try {
      const { mtimeMs, size } = await stat(this.#path)
      const version = `${mtimeMs}:${size}`
      if (version === this.#version) return
      this.#names = parse(await readFile(this.#path, 'utf8'))
      this.#version = version
    } catch {
      // A machine may have no such file.
      this.#names = new Map()
      this.#version = ''
    }
  }
}

function parse(text: string): ReadonlyMap<string, readonly string[]> {
  const names = new Map<string, string[]>()
  for (const line of text.split('\n')) {
    const [address = '', ...aliases] = line.replace(/#.*/, '').trim().split(/\s+/)
    if (isIP(address) === 0) continue
    for (const alias of aliases) {
      const name = alias.toLowerCase()
      names.set(name, [...(names.get(name) ?? []), address])
    }
  }
  return names
}
