import { readFileSync } from 'node:fs'
import { parseSync } from 'vite'

/** One place where a file names another module. */
export interface ImportSite {
  specifier: string
  line: number
  /** Erased when the types are stripped. */
  typeOnly: boolean
}

/** Every import, re-export and `import()` of a literal, in the order of the file. */
export function readImports(file: string): ImportSite[] {
  const source = readFileSync(file, 'utf8')
  const { module, errors } = parseSync(file, source)
  if (errors.length > 0) throw new Error(`${file} cannot be parsed: ${errors[0]?.message}`)
  const lineAt = (offset: number) => source.slice(0, offset).split('\n').length

  const sites: ImportSite[] = []
  for (const statement of module.staticImports) {
    const { entries, moduleRequest, start } = statement
    sites.push({
      specifier: moduleRequest.value,
      line: lineAt(start),
      typeOnly: entries.length > 0 && entries.every((entry) => entry.isType),
    })
  }
  for (const { entries, start } of module.staticExports) {
    const specifier = entries.find((entry) => entry.moduleRequest)?.moduleRequest?.value
    if (specifier === undefined) continue
    sites.push({
      specifier,
      line: lineAt(start),
      typeOnly: entries.every((entry) => entry.isType),
    })
  }
  for (const { moduleRequest, start } of module.dynamicImports) {
    const literal = /^(['"`])(.*)\1$/.exec(source.slice(moduleRequest.start, moduleRequest.end))
    if (literal?.[2] === undefined) continue
    sites.push({ specifier: literal[2], line: lineAt(start), typeOnly: false })
  }
  return sites.toSorted((a, b) => a.line - b.line)
}
