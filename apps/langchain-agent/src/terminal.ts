import { createInterface } from 'node:readline/promises'
import type { Person } from './run-agent.ts'

/** The person at the terminal; without one nothing is approved, unless `yes` says so beforehand. */
export function terminalPerson({ yes }: { yes: boolean }): Person {
  return {
    tell: (line) => void process.stdout.write(`${line}\n`),
    approve: async (description) => {
      process.stdout.write(`\n${description}\n\n`)
      if (yes) return true
      if (!process.stdin.isTTY) return false
      const lines = createInterface({ input: process.stdin, output: process.stdout })
      try {
        return /^y(es)?$/i.test((await lines.question('May this run? [y/N] ')).trim())
      } finally {
        lines.close()
      }
    },
  }
}
