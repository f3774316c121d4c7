import { demoAccount } from '../accounts.ts'
import { type Html, html } from '../html.ts'
import { textField } from './fields.ts'

export interface LoginContent {
  email: string
  /** Where to go afterwards. */
  next: string
  error?: string | undefined
}

export function loginContent({ email, next, error }: LoginContent): Html {
  return html`
    <div class="narrow">
      <h1>Sign in</h1>
      ${next === '/checkout' && html`<p>Sign in to place your order. Your cart is kept.</p>`}
      ${error !== undefined && html`<p class="error summary" role="alert">${error}</p>`}
      <form method="post" action="/login" novalidate>
        <input type="hidden" name="next" value="${next}" />
        ${textField({ name: 'email', label: 'E-mail address', value: email, type: 'email', autocomplete: 'username' })}
        ${textField({ name: 'password', label: 'Password', value: '', type: 'password', autocomplete: 'current-password' })}
        <button type="submit">Sign in</button>
      </form>
      <p class="hint">
        To try the shop, sign in as <code>${demoAccount.email}</code> with the password
        <code>${demoAccount.password}</code>.
      </p>
    </div>
  `
}
