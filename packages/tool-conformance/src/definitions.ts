import { describe, expect, test } from 'vitest'
import { type ToolName, tools } from '@tandem-browser/core/tools'
import type { Suite } from './describe-conformance.ts'

/** What a provider may be sent. */
export function describeDefinitions(suite: Suite): void {
  describe('definitions', () => {
    test('there is one for each tool, with a name that every provider takes', () => {
      const { definitions } = suite.adapter
      expect(definitions.map(({ tool }) => tool).toSorted()).toEqual(Object.keys(tools).toSorted())
      expect(new Set(definitions.map(({ name }) => name)).size).toBe(definitions.length)
      for (const { name } of definitions) expect(name).toMatch(/^[a-zA-Z][a-zA-Z0-9_-]{0,63}$/)
    })

    test('descriptions name the other tools as the model knows them', () => {
      const { definitions } = suite.adapter
      const known = new Set(definitions.map(({ name }) => name))
      for (const { description } of definitions) {
        expect(description.length).toBeGreaterThan(200)
        expect(description.length).toBeLessThan(2000)
        for (const own of Object.keys(tools)) {
          if (!known.has(own)) expect(description).not.toMatch(new RegExp(String.raw`\b${own}\b`))
        }
      }
    })

    test.each(Object.keys(tools) as ToolName[])(
      '%s has a schema that every provider takes',
      (tool) => {
        const schema = suite.adapter.definitions.find((each) => each.tool === tool)?.schema
        expect(schema).toMatchObject({ type: 'object', additionalProperties: false })
        const { properties } = schema as { properties: Record<string, Record<string, unknown>> }
        expect(Object.keys(properties)).toEqual(Object.keys(tools[tool].inputSchema.properties))
        for (const property of Object.values(properties)) {
          expect(property['description']).toEqual(expect.any(String))
          // Google takes one type a property, OpenAI no conditions.
          expect(property['type']).toMatch(/^(string|integer|boolean)$/)
          expect(Object.keys(property)).not.toContain('oneOf')
          expect(property['enum'] ?? ['x']).not.toContain('')
        }
      },
    )
  })
}
