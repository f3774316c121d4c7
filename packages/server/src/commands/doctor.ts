import { styleText } from 'node:util'
import { hintsAboutVariables } from '../config-hints.ts'
import { type Flags, examineConfig } from '../config.ts'
import { diagnose } from '../diagnosis/diagnose.ts'
import type { Finding } from '../diagnosis/finding.ts'
import { version } from '../version.ts'

type Level = Finding['level']

const marks: Record<Level, string> = { ok: '✓', warning: '!', failure: '✗', skipped: '–' }
const colours = { ok: 'green', warning: 'yellow', failure: 'red', skipped: 'dim' } as const

/**
 * Says what the server needs of this machine, what of it is there, and how to
 * get the rest.
 *
 * @returns 0 when `tandem serve` would start with this configuration
 */
export async function doctor(flags: Flags, { json = false }: { json?: boolean }): Promise<number> {
  const hints = hintsAboutVariables(process.env)
  const { config, problems } = examineConfig({ env: process.env, flags })
  delete process.env['TANDEM_API_KEYS']
  const pending = diagnose({
    config,
    problems,
    hints,
    onUnpack: () => process.stderr.write('Unpacking the bundled browser, this one time.\n'),
  })
  const findings = json ? await Promise.all(pending) : await printEach(pending)
  const canServe = findings.every(({ level }) => level !== 'failure')
  if (json) {
    const { isolation } = config
    process.stdout.write(`${JSON.stringify({ version, canServe, isolation, findings }, null, 2)}\n`)
  } else {
    process.stdout.write(`\n${conclusion(findings)}\n`)
  }
  return canServe ? 0 : 1
}

/** In their order, each as soon as it and those before it are there. */
async function printEach(pending: readonly Promise<Finding>[]): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const finding of pending) {
    findings.push(await finding)
    process.stdout.write(describe(findings.at(-1) as Finding))
  }
  return findings
}

const titleWidth = 16

function describe({ level, title, summary, remedy }: Finding): string {
  const mark = styleText(colours[level], marks[level])
  const indent = ' '.repeat(titleWidth + 3)
  const lines = [`${mark} ${title.padEnd(titleWidth)} ${printable(summary)}`]
  lines.push(...remedy.map((line) => `${indent}${printable(line)}`))
  return lines.map((line) => `${line}\n`).join('')
}

/** Without what a terminal would obey: some of it was said by other programs. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]+/gu, ' ')
}

function conclusion(findings: readonly Finding[]): string {
  const count = (level: Level): number => findings.filter((found) => found.level === level).length
  if (count('failure') > 0)
    return '✗ The server does not start here until what is marked ✗ is put right.'
  if (count('warning') > 0)
    return '✓ The server starts here; what is marked ! works less well or not at all.'
  return '✓ The server starts here, and all of it works.'
}
