import { type Node, parse } from 'acorn'

/**
 * The name that `import` goes by inside a kernel. Scripts that the inspector
 * evaluates have no module loader, so imports are led to a function of the
 * kernel's. As long as `import`, so that positions in error messages stay
 * right.
 */
export const importFunctionName = '$imprt'

/**
 * Makes imports work in REPL code: `import(…)` and `import … from …`, both
 * wherever they stand. Code that cannot be parsed is given back unchanged: V8
 * explains what is wrong with it better.
 */
export function rewriteImports(code: string): string {
  if (!code.includes('import')) return code
  let program: Node
  try {
    program = parse(code, {
      ecmaVersion: 'latest',
      sourceType: 'script',
      allowAwaitOutsideFunction: true,
      allowImportExportEverywhere: true,
      allowHashBang: true,
    })
  } catch {
    return code
  }
  const edits: Edit[] = []
  collectEdits(program, edits, code)
  return edits
    .sort((first, second) => second.start - first.start)
    .reduce((text, edit) => text.slice(0, edit.start) + edit.text + text.slice(edit.end), code)
}

interface Edit {
  start: number
  end: number
  text: string
}

function collectEdits(value: unknown, edits: Edit[], code: string): void {
  if (Array.isArray(value)) {
    for (const item of value) collectEdits(item, edits, code)
    return
  }
  if (!isNode(value)) return
  if (value.type === 'ImportExpression') {
    edits.push({
      start: value.start,
      end: value.start + 'import'.length,
      text: importFunctionName,
    })
  } else if (value.type === 'ImportDeclaration') {
    edits.push(importStatement(value as unknown as ImportDeclaration, code))
    return
  }
  for (const child of Object.values(value)) collectEdits(child, edits, code)
}

interface Named {
  name?: string
  value?: unknown
}

interface ImportDeclaration {
  start: number
  end: number
  source: { raw: string }
  specifiers: { type: string; imported?: Named; local: Named }[]
  attributes?: { key: Named; value: { raw: string } }[]
}

/** `import a, { b as c } from 'x'` → `const { default: a, b: c } = await $imprt('x')`. */
function importStatement(node: ImportDeclaration, code: string): Edit {
  const attributes = node.attributes?.map(
    ({ key, value }) => `${key.name ?? JSON.stringify(key.value)}: ${value.raw}`,
  )
  const options = attributes?.length ? `, { with: { ${attributes.join(', ')} } }` : ''
  const load = `await ${importFunctionName}(${node.source.raw}${options})`
  const namespace = node.specifiers.find(({ type }) => type === 'ImportNamespaceSpecifier')
  const names = node.specifiers
    .filter((specifier) => specifier !== namespace)
    .map(({ imported, local }) => {
      const key = imported ? (imported.name ?? JSON.stringify(imported.value)) : 'default'
      return key === local.name ? key : `${key}: ${local.name}`
    })
  const bindings = [
    ...(namespace ? [`${namespace.local.name} = ${load}`] : []),
    ...(names.length > 0 ? [`{ ${names.join(', ')} } = ${load}`] : []),
  ]
  const statement = bindings.length > 0 ? `const ${bindings.join(', ')}` : load
  // Lines after a statement of several lines keep their numbers.
  const lines = code.slice(node.start, node.end).split('\n').length - 1
  return { start: node.start, end: node.end, text: `${statement};${'\n'.repeat(lines)}` }
}

function isNode(value: unknown): value is Node & Record<string, unknown> {
  return typeof value === 'object' && value !== null && typeof (value as Node).type === 'string'
}
