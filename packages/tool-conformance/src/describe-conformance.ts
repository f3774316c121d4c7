import { inspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ToolName, ToolSettings } from '@tandem-browser/core/tools'
import type { Adapter, AdapterAnswer, MakeAdapter } from './adapter.ts'
import { Backend } from './backend.ts'
import { describeDefinitions } from './definitions.ts'
import { describeLifecycle } from './lifecycle.ts'
import { describeResults } from './results.ts'
import { cookieValue } from './site.ts'

export type {
  Adapter,
  AdapterAnswer,
  AdapterDefinition,
  InvokeOptions,
  MakeAdapter,
} from './adapter.ts'
export { Backend } from './backend.ts'
export { ScriptedProvider, type ScriptedReply } from './scripted-provider.ts'
export { cookieValue } from './site.ts'

/** What the parts of the suite work with. */
export interface Suite {
  backend: Backend
  adapter: Adapter
  /** Another one, closed with the suite. */
  make: (options?: { settings?: ToolSettings; stranger?: boolean }) => Promise<Adapter>
  /** Calls a tool and keeps what the model reads. */
  call: (
    tool: ToolName,
    input: unknown,
    options?: { key?: string; signal?: AbortSignal; on?: Adapter },
  ) => Promise<AdapterAnswer>
}

/** Registers the tests that every package of tools has to pass. */
export function describeConformance(name: string, makeAdapter: MakeAdapter): void {
  describe(`${name} conforms`, () => {
    const adapters: Adapter[] = []
    const read: string[] = []
    const suite = {} as Suite

    suite.make = async ({ settings, stranger = false } = {}) => {
      const { backend } = suite
      const tandem = stranger ? backend.stranger : backend.tandem
      const adapter = await makeAdapter({ tandem, ...(settings && { settings }) })
      adapters.push(adapter)
      return adapter
    }
    suite.call = async (tool, input, { key = 'conversation', signal, on = suite.adapter } = {}) => {
      try {
        const answer = await on.invoke(tool, input, { key, ...(signal && { signal }) })
        read.push(answer.text)
        return answer
      } catch (error) {
        // Frameworks tell a model what is thrown.
        read.push(inspect(error, { depth: Infinity, showHidden: true }))
        throw error
      }
    }

    beforeAll(async () => {
      suite.backend = await Backend.start()
      suite.adapter = await suite.make()
    })
    afterAll(async () => {
      await Promise.allSettled(adapters.map((adapter) => adapter.close()))
      await suite.backend?.close()
    })

    describeDefinitions(suite)
    describeResults(suite)
    describeLifecycle(suite)

    // Last, when everything has been said.
    test('no secret is in anything that the model has read', async () => {
      const said = [...read, JSON.stringify(suite.adapter.definitions)].join('\n')
      expect(read.length).toBeGreaterThan(20)
      const secrets = [...(await suite.backend.secrets()), cookieValue]
      expect(secrets.filter((secret) => said.includes(secret))).toEqual([])
    })

    test('closing ends every session', async () => {
      for (const adapter of adapters) await adapter.close()
      expect(await suite.backend.activeSessions()).toEqual([])
    })
  })
}
