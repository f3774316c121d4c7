/** A command of the agent-browser CLI with its arguments. */
export type BrowserCommand = readonly string[]

/** What became of one command. */
export interface CommandOutcome {
  ok: boolean
  /** What it gave; empty when it failed. */
  data: Readonly<Record<string, unknown>>
  error: string
  /** For instance that a dialog is open. */
  warning: string
}

/** Commands of one run of the CLI. */
export interface CommandBatch {
  commands: readonly BrowserCommand[]
  /** Whether the first failure ends it. */
  bail?: boolean
}

/** How one run of the CLI ended. */
export interface BatchOutput {
  exitCode: number
  stdout: string
}

/**
 * A word of a shell that stands for any text: JSON in ASCII, with the one sign that would end the
 * quotation escaped by JSON's own means.
 */
export function shellJson(value: unknown): string {
  const json = JSON.stringify(value).replace(
    /['\u007f-\uffff]/g,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  return `'${json}'`
}

/**
 * A script for bash that runs batches one after the other and separates what they print. Commands
 * reach the CLI on its standard input: neither the shell nor the CLI's options can be hit by them.
 *
 * @param extra lines of our own to run at the end, as one more part
 */
export function browserScript(
  batches: readonly CommandBatch[],
  separator: string,
  extra?: string,
): string {
  const runs = batches.map(
    ({ commands, bail }) =>
      `printf '%s' ${shellJson(commands)} | agent-browser batch --json${bail ? ' --bail' : ''}`,
  )
  const parts = extra === undefined ? runs : [...runs, extra]
  // In a shell of its own, whatever the user's code has set in this one.
  return [
    '(set +eux',
    ...parts.flatMap((part) => [part, `printf '\\n%s %d\\n' '${separator}' "$?"`]),
    ')',
  ].join('\n')
}

/** What the parts of such a script printed. */
export function splitOutput(stdout: string, separator: string): BatchOutput[] {
  const parts = stdout.split(new RegExp(String.raw`\n${separator} (\d+)\n`))
  const outputs: BatchOutput[] = []
  for (let index = 0; index + 1 < parts.length; index += 2) {
    outputs.push({ stdout: parts[index] ?? '', exitCode: Number(parts[index + 1]) })
  }
  return outputs
}

/** The outcomes of a batch, as far as it came; undefined when the CLI printed something else. */
export function readOutcomes(stdout: string): CommandOutcome[] | undefined {
  let parsed: unknown
  try {
    parsed = JSON.parse(stdout)
  } catch {
    return undefined
  }
  // A single object: the batch as a whole failed.
  const list: unknown[] = Array.isArray(parsed) ? parsed : [parsed]
  return list.map((each) => {
    const { success, result, error, warning } = Object(each) as Record<string, unknown>
    return {
      ok: success === true,
      data: Object(result ?? {}) as Record<string, unknown>,
      error: typeof error === 'string' ? error : success === true ? '' : 'The command failed.',
      warning: typeof warning === 'string' ? warning : '',
    }
  })
}
