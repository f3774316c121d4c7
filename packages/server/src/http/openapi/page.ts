import { pageStyle } from './page-style.ts'
import type { DescribedOperation, OpenApiDocument } from './document.ts'
import type { JsonSchema } from './schema-catalog.ts'
import { describeType } from './type-text.ts'

/** The description as one page of HTML that loads nothing and runs nothing. */
export function renderPage(document: OpenApiDocument): string {
  const { title, version, description } = document.info as Record<string, string>
  const sections = document.tags.map((tag) => {
    const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods)
        .filter(([, operation]) => operation.tags.includes(tag.name) && !operation['x-alias-of'])
        .map(([method, operation]) => renderOperation(document, { method, path, operation })),
    )
    return `<h2 id="${anchor(tag.name)}">${escape(tag.name)}</h2><p class="muted">${prose(tag.description)}</p>
${operations.join('\n')}`
  })
  const schemas = Object.entries(document.components.schemas)
    .filter(([, schema]) => schema.properties)
    .map(
      ([name, schema]) =>
        `<details id="${anchor(name)}"><summary><code>${name}</code></summary><div>${renderFields(schema)}</div></details>`,
    )
  const links = [...document.tags.map(({ name }) => name), 'Bodies']
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title>
<style>${pageStyle}</style>
</head>
<body>
<header>
<h1>${escape(title)}</h1>
<p class="muted">Version ${escape(version)}. For programs: <a href="/openapi.json">openapi.json</a></p>
<p>${prose(description)}</p>
</header>
<nav aria-label="Parts">${links.map((name) => `<a href="#${anchor(name)}">${escape(name)}</a>`).join('')}</nav>
<main>
${sections.join('\n')}
<h2 id="bodies">Bodies</h2>
${schemas.join('\n')}
</main>
</body>
</html>
`
}

function renderOperation(
  document: OpenApiDocument,
  { method, path, operation }: { method: string; path: string; operation: DescribedOperation },
): string {
  const kind = operation['x-web-socket'] ? ' · WebSocket' : ''
  const opened = operation.security
    .flatMap((each) => Object.keys(each))
    .map((name) => `<code>${name}</code>`)
    .join(' or ')
  return `<details id="${operation.operationId}">
<summary><span class="method ${method}">${method.toUpperCase()}</span> <code>${escape(path)}</code>
<span class="muted">${escape(operation.summary)}${kind}</span></summary>
<div>
${operation.description === undefined ? '' : `<p>${prose(operation.description)}</p>`}
${renderAliases(document, { method, path })}
<p class="muted">Opened by: ${opened === '' ? 'nothing, it is for anybody' : opened}</p>
${renderParameters(operation)}
${renderBody(operation)}
${renderAnswers(document, operation)}
</div>
</details>`
}

function renderAliases(
  document: OpenApiDocument,
  { method, path }: { method: string; path: string },
): string {
  const aliases = Object.entries(document.paths)
    .filter(([, methods]) => methods[method]?.['x-alias-of'] === path)
    .map(([alias]) => `<code>${escape(alias)}</code>`)
  return aliases.length === 0 ? '' : `<p class="muted">Also: ${aliases.join(', ')}</p>`
}

function renderParameters({ parameters = [] }: DescribedOperation): string {
  if (parameters.length === 0) return ''
  const rows = parameters.map(
    ({ name, in: place, required, description, schema }) =>
      `<tr><th><code>${escape(name)}</code></th><td>${place}${required ? ', required' : ''}</td>
<td>${describeType(schema)}</td><td>${prose(description)}</td></tr>`,
  )
  return `<h3>Parameters</h3><table>${rows.join('')}</table>`
}

function renderBody({ requestBody }: DescribedOperation): string {
  if (!requestBody) return ''
  const contents = Object.entries(requestBody.content).map(
    ([type, { schema }]) => `<p><code>${escape(type)}</code>: ${describeType(schema)}</p>`,
  )
  return `<h3>Body${requestBody.required ? '' : ', optional'}</h3>${contents.join('')}`
}

function renderAnswers(document: OpenApiDocument, { responses }: DescribedOperation): string {
  const rows = Object.entries(responses).flatMap(([status, answer]) => {
    const contents = Object.entries(answer.content ?? {})
    const failureNames = contents.flatMap(([, { examples = {} }]) => Object.keys(examples))
    if (failureNames.length === 0) {
      const types = contents.map(([type, { schema }]) =>
        type === 'text/event-stream'
          ? `or events: ${describeType(answer['x-events'] ?? {})}`
          : describeType(schema),
      )
      return [
        `<tr><th>${status}</th><td>${prose(answer.description)}</td><td>${types.join(' ')}</td></tr>`,
      ]
    }
    return failureNames.map((name) => {
      const { summary, value } = document.components.examples[name] as {
        summary: string
        value: { error: string; code?: string }
      }
      const code = value.code === undefined ? '' : `<code>${value.code}</code> `
      return `<tr><th>${status}</th><td>${prose(summary)}</td><td>${code}${escape(value.error)}</td></tr>`
    })
  })
  return `<h3>Answers</h3><table>${rows.join('')}</table>`
}

function renderFields(schema: JsonSchema): string {
  const required = schema['required'] as string[] | undefined
  const rows = Object.entries(schema.properties ?? {}).map(([name, field]) => {
    const text = typeof field['description'] === 'string' ? prose(field['description']) : ''
    const start =
      field['default'] === undefined
        ? ''
        : ` Default: <code>${escape(JSON.stringify(field['default']))}</code>`
    return `<tr><th><code>${escape(name)}</code></th><td>${required?.includes(name) ? 'required' : ''}</td>
<td>${describeType(field)}</td><td>${text}${start}</td></tr>`
  })
  return `<table>${rows.join('')}</table>`
}

function anchor(name: string): string {
  return name.toLowerCase().replaceAll(' ', '-')
}

/** Text with words in backquotes as code. */
function prose(text: string | undefined): string {
  return escape(text ?? '').replaceAll(/`([^`]+)`/g, '<code>$1</code>')
}

function escape(text: string | undefined): string {
  return (text ?? '').replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
