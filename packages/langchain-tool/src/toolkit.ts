import { BaseToolkit } from '@langchain/core/tools'
import { ValidationError } from '@tandem-browser/core'
import { type CloseOptions, SessionPool } from '@tandem-browser/core/pool'
import { type ToolName, tools } from '@tandem-browser/core/tools'
import type { TandemToolsOptions } from './options.ts'
import { TandemTool } from './tandem-tool.ts'
import { toolName } from './tool-name.ts'

/** The tools, and the sessions that they use. */
export class TandemToolkit extends BaseToolkit implements AsyncDisposable {
  readonly tools: TandemTool[]
  /** The session of each conversation, by the key that `sessionKey` makes. */
  readonly pool: SessionPool
  readonly #owned: boolean

  constructor(options: TandemToolsOptions = {}) {
    super()
    const { pool, tandem, sessions, prefix } = options
    const chosen = choose(options.tools)
    const rename = (name: ToolName): string => toolName(name, prefix)
    for (const name of chosen) checkName(rename(name))
    this.pool = pool ?? new SessionPool({ ...sessions, tandem })
    this.#owned = !pool
    this.tools = chosen.map((name) => new TandemTool(tools[name], this.pool, rename, options))
  }

  override getTools(): TandemTool[] {
    return this.tools
  }

  /**
   * Ends every session, and aborts the calls that run. Tools cannot be called after it. A pool that
   * was given is left as it is. May be called again.
   *
   * @throws the failure to end a session
   */
  async close(options?: CloseOptions): Promise<void> {
    if (this.#owned) await this.pool.close(options)
  }

  /** Closes the toolkit at the end of an `await using` block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

/** A list of tools that ends their sessions. */
export type TandemTools = TandemTool[] & AsyncDisposable & Pick<TandemToolkit, 'close'>

/** The tools as a list, for `createAgent({ tools })`. Close it, or declare it by `await using`. */
export function createTandemTools(options: TandemToolsOptions = {}): TandemTools {
  const toolkit = new TandemToolkit(options)
  return Object.assign(toolkit.tools, {
    close: (closing?: CloseOptions) => toolkit.close(closing),
    [Symbol.asyncDispose]: () => toolkit.close(),
  })
}

function choose(names: readonly ToolName[] | undefined): ToolName[] {
  const known = Object.keys(tools) as ToolName[]
  const unknown = names?.find((name) => !known.includes(name))
  if (unknown !== undefined) {
    throw new ValidationError(`There is no tool '${unknown}'. There are ${known.join(', ')}.`)
  }
  return known.filter((name) => names?.includes(name) ?? true)
}

function checkName(name: string): void {
  if (/^[a-zA-Z][a-zA-Z0-9_-]{0,63}$/.test(name)) return
  throw new ValidationError(
    `No provider takes a tool named '${name}'. A prefix begins with a letter, has letters, digits, _ and - only, and leaves the name at 64 characters.`,
  )
}
