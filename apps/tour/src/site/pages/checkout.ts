import { cartLines, cartTotal } from '../cart.ts'
import { type Html, html } from '../html.ts'
import { formatMoney } from '../money.ts'
import { countries, deliveries, type OrderErrors, type OrderForm } from '../orders.ts'
import type { Visitor } from '../visitors.ts'
import { errorText, invalid, textField } from './fields.ts'

export function checkoutContent(visitor: Visitor, form: OrderForm, errors: OrderErrors): Html {
  const wrong = Object.keys(errors).length
  return html`
    <h1>Order</h1>
    ${
      wrong > 0 &&
      html`<p class="error summary" role="alert">
        The order was not placed: ${wrong === 1 ? 'one field needs' : `${wrong} fields need`} your
        attention.
      </p>`
    }
    <div class="columns">
      <form class="order" method="post" action="/checkout" novalidate>
        <fieldset>
          <legend>Where to</legend>
          ${textField({ name: 'name', label: 'Full name', value: form.name, error: errors.name, autocomplete: 'name' })}
          ${textField({ name: 'street', label: 'Street and number', value: form.street, error: errors.street, autocomplete: 'address-line1' })}
          <div class="pair">
            ${textField({ name: 'postcode', label: 'Postcode', value: form.postcode, error: errors.postcode, autocomplete: 'postal-code' })}
            ${textField({ name: 'city', label: 'Town or city', value: form.city, error: errors.city, autocomplete: 'address-level2' })}
          </div>
          <p class="field">
            <label for="country">Country</label>
            <select id="country" name="country" ${invalid('country', errors.country)}>
              <option value="">Choose a country</option>
              ${countries.map((country) => html`<option ${country === form.country && html`selected`}>${country}</option>`)}
            </select>
            ${errorText('country', errors.country)}
          </p>
        </fieldset>
        <fieldset ${invalid('delivery', errors.delivery)}>
          <legend>How</legend>
          ${Object.entries(deliveries).map(
            ([value, { label, price }]) => html`
              <label class="choice">
                <input
                  type="radio"
                  name="delivery"
                  value="${value}"
                  ${value === form.delivery && html`checked`}
                />
                <span>${label}</span>
                <span class="number">${price === 0 ? 'free' : formatMoney(price)}</span>
              </label>
            `,
          )}
          ${errorText('delivery', errors.delivery)}
        </fieldset>
        <div class="field">
          <label class="choice">
            <input
              type="checkbox"
              name="terms"
              value="accepted"
              ${form.terms === 'accepted' && html`checked`}
              ${invalid('terms', errors.terms)}
            />
            <span>I accept the terms of sale</span>
          </label>
          ${errorText('terms', errors.terms)}
        </div>
        <button type="submit">Place the order</button>
      </form>
      <aside class="summary-box" aria-label="What you order">
        <h2>What you order</h2>
        <ul>
          ${cartLines(visitor.cart).map(
            ({ product, quantity, total }) =>
              html`<li>
                <span>${quantity} × ${product.name}</span>
                <span class="number">${formatMoney(total)}</span>
              </li>`,
          )}
        </ul>
        <p class="total">
          <span>Without delivery</span>
          <span class="number">${formatMoney(cartTotal(visitor.cart))}</span>
        </p>
      </aside>
    </div>
  `
}
