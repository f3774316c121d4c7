import { isIPv4 } from 'node:net'
import type { Config } from '../config.ts'

/** What the operator has to know before anybody else can reach this server. */
export function isolationWarnings(config: Pick<Config, 'host' | 'isolation'>): string[] {
  if (config.isolation !== 'none') return []
  const warnings = [
    `WARNING: isolation: ${config.isolation}. Pages and the code of clients run with all rights ` +
      'of this user: they can read its files and reach its network. Give a key only to those ' +
      'whom you would give a shell.',
  ]
  if (!isLoopback(config.host)) {
    warnings.push(
      `WARNING: listening on ${config.host} WITHOUT ISOLATION. Everybody who reaches this address ` +
        'and has a key, or the URL of a session, can run programs on this machine as this user. ' +
        'Use --host 127.0.0.1 unless the network is yours alone.',
    )
  }
  return warnings
}

function isLoopback(host: string): boolean {
  const name = host.toLowerCase()
  return name === 'localhost' || name === '::1' || (isIPv4(name) && name.startsWith('127.'))
}
