import { type Html, html } from '../html.ts'

export interface TextField {
  name: string
  label: string
  value: string
  error?: string | undefined
  type?: string | undefined
  autocomplete?: string | undefined
}

/** A labelled line of text with the sentence that says what is wrong with it. */
export function textField({
  name,
  label,
  value,
  error,
  type = 'text',
  autocomplete = 'on',
}: TextField): Html {
  return html`
    <p class="field">
      <label for="${name}">${label}</label>
      <input
        id="${name}"
        name="${name}"
        type="${type}"
        value="${value}"
        autocomplete="${autocomplete}"
        ${invalid(name, error)}
      />
      ${errorText(name, error)}
    </p>
  `
}

/** Attributes of a field that was refused. */
export function invalid(name: string, error: string | undefined): Html | false {
  return error !== undefined && html`aria-invalid="true" aria-describedby="${name}-error"`
}

/** The sentence below a field that was refused. */
export function errorText(name: string, error: string | undefined): Html | false {
  return (
    error !== undefined && html`<span class="error" id="${name}-error" role="alert">${error}</span>`
  )
}
