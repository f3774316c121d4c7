import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { type CallExpression, type Expression, type Node, parse } from 'acorn'

/**
 * The titles of the tests of a file, each with those of the groups that it is in before it, joined by ` › `.
 * Tests that never run are left out. What a template fills in reads `…`.
 */
export function titlesOf(path: string): string[] {
  const source = stripTypeScriptTypes(readFileSync(path, 'utf8'))
  return collect(parse(source, { ecmaVersion: 'latest', sourceType: 'module' }), [])
}

function collect(node: Node, groups: readonly string[]): string[] {
  if (node.type === 'CallExpression') {
    const call = node as CallExpression
    const [first, ...rest] = call.arguments
    const words = wordsOf(call.callee as Expression)
    const title = first && textOf(first)
    if (title !== undefined && (words[0] === 'test' || words[0] === 'describe')) {
      if (words.includes('skip') || words.includes('todo')) return []
      const path = [...groups, title]
      if (words[0] === 'test') return [path.join(' › ')]
      return rest.flatMap((argument) => collect(argument, path))
    }
  }
  return Object.values(node).flatMap((child: unknown) =>
    [child].flat().flatMap((each) => (isNode(each) ? collect(each, groups) : [])),
  )
}

/** Of `test.skipIf(…).each(…)`: test, skipIf, each. */
function wordsOf(callee: Expression): string[] {
  if (callee.type === 'Identifier') return [callee.name]
  if (callee.type === 'CallExpression') return wordsOf(callee.callee as Expression)
  if (callee.type === 'TaggedTemplateExpression') return wordsOf(callee.tag)
  if (callee.type !== 'MemberExpression' || callee.property.type !== 'Identifier') return []
  return [...wordsOf(callee.object as Expression), callee.property.name]
}

function textOf(node: Node): string | undefined {
  const { type, value, quasis } = node as Node & {
    value?: unknown
    quasis?: { value: { cooked: string } }[]
  }
  if (type === 'Literal' && typeof value === 'string') return value
  if (type !== 'TemplateLiteral') return undefined
  return quasis?.map((quasi) => quasi.value.cooked).join('…')
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value
}
