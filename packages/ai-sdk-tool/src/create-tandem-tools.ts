import { ValidationError } from '@tandem-browser/core'
import { type CloseOptions, SessionPool } from '@tandem-browser/core/pool'
import { type ToolContract, type ToolName, tools as contracts } from '@tandem-browser/core/tools'
import { inputSchemaOf } from './input-schema.ts'
import { modelOutputOf } from './model-output.ts'
import type { TandemToolsOptions } from './options.ts'
import { runTool } from './run-tool.ts'
import type { TandemTool, TandemTools } from './tandem-tool.ts'
import { needsApproval } from './tool-approval.ts'

/**
 * The tools, for `tools` of `generateText`, `streamText` and agents. Close them, or declare them by
 * `await using`.
 *
 * @throws a `ValidationError` when an option cannot be meant
 */
export function createTandemTools<Name extends ToolName = ToolName>(
  options: TandemToolsOptions<Name> = {},
): TandemTools<Name> {
  const { pool: given, tandem, sessions } = options
  const chosen = choose(options.tools)
  const pool = given ?? new SessionPool({ ...sessions, tandem })
  const made = chosen.map((name) => [
    name,
    makeTool(contracts[name] as ToolContract, pool, options),
  ])
  const close = async (closing?: CloseOptions): Promise<void> => {
    if (!given) await pool.close(closing)
  }
  return Object.defineProperties(Object.fromEntries(made), {
    // Not enumerable: neither is a tool.
    close: { value: close },
    [Symbol.asyncDispose]: { value: () => close() },
  }) as TandemTools<Name>
}

function makeTool(
  contract: ToolContract,
  pool: SessionPool,
  options: TandemToolsOptions,
): TandemTool {
  const { approval = 'run', screenshots = 'content', strict = false, descriptions } = options
  const described = descriptions?.[contract.name]
  const own = contract.describe()
  return {
    description: typeof described === 'object' ? `${own}\n${described.append}` : (described ?? own),
    inputSchema: inputSchemaOf(contract, strict),
    ...(strict && { strict }),
    ...(approval !== 'none' && { needsApproval: needsApproval(contract.name, approval) }),
    execute: (input, call = {}) => runTool(contract, pool, input, call, options),
    toModelOutput: ({ output }) => modelOutputOf(output, screenshots),
  }
}

function choose(names: readonly ToolName[] | undefined): ToolName[] {
  const known = Object.keys(contracts) as ToolName[]
  const unknown = names?.find((name) => !known.includes(name))
  if (unknown !== undefined) {
    throw new ValidationError(`There is no tool '${unknown}'. There are ${known.join(', ')}.`)
  }
  return known.filter((name) => names?.includes(name) ?? true)
}
