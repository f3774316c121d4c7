/** A piece of HTML that is safe to insert as it is. */
export class Html {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }

  toString(): string {
    return this.text
  }
}

export type HtmlValue = Html | string | number | false | undefined | readonly HtmlValue[]

/** HTML with every inserted text escaped. `false` and `undefined` leave nothing. */
export function html(parts: TemplateStringsArray, ...values: HtmlValue[]): Html {
  const filled = parts.map(
    (part, index) => part + (index < values.length ? show(values[index]) : ''),
  )
  return new Html(filled.join(''))
}

function show(value: HtmlValue): string {
  if (value === undefined || value === false) return ''
  if (value instanceof Html) return value.text
  if (typeof value === 'object') return value.map(show).join('')
  return String(value).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
