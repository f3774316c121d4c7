import { networkInterfaces } from 'node:os'
import { canonicalAddress } from './address-ranges.ts'

/** Milliseconds for which the list of the machine's addresses is taken to be right. */
const freshness = 1_000

/** The addresses of this machine, public ones among them, as they are now. */
export class OwnAddresses {
  #addresses: ReadonlySet<string> = new Set()
  #readAt = -Infinity

  has(address: string): boolean {
    const now = performance.now()
    if (now - this.#readAt > freshness) {
      const interfaces = Object.values(networkInterfaces()).flatMap((entries) => entries ?? [])
      this.#addresses = new Set(interfaces.map((entry) => canonicalAddress(entry.address)))
      this.#readAt = now
    }
    return this.#addresses.has(canonicalAddress(address))
  }
}
