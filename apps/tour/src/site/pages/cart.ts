import { cartLines, cartTotal } from '../cart.ts'
import { type Html, html } from '../html.ts'
import { formatMoney } from '../money.ts'
import type { Visitor } from '../visitors.ts'

export function cartContent(visitor: Visitor, error: string | undefined): Html {
  const lines = cartLines(visitor.cart)
  if (lines.length === 0) {
    return html`
      <h1>Your cart</h1>
      <p>Your cart is empty.</p>
      <p><a class="button" href="/">Look around the shop</a></p>
    `
  }
  return html`
    <h1>Your cart</h1>
    ${error !== undefined && html`<p class="error" role="alert">${error}</p>`}
    <table class="cart">
      <thead>
        <tr>
          <th scope="col">Product</th>
          <th scope="col">Quantity</th>
          <th scope="col" class="number">Total</th>
          <th scope="col"><span class="hidden">Remove</span></th>
        </tr>
      </thead>
      <tbody>
        ${lines.map(
          ({ product, quantity, total }) => html`
            <tr>
              <th scope="row">
                <a href="/products/${product.slug}">${product.name}</a>
                <span class="each">${formatMoney(product.price)} each</span>
              </th>
              <td>
                <form class="field-row" method="post" action="/cart/${product.slug}">
                  <input
                    name="quantity"
                    type="number"
                    min="0"
                    value="${quantity}"
                    inputmode="numeric"
                    aria-label="Quantity of ${product.name}"
                  />
                  <button class="quiet" type="submit">Change</button>
                </form>
              </td>
              <td class="number">${formatMoney(total)}</td>
              <td>
                <form method="post" action="/cart/${product.slug}">
                  <input type="hidden" name="quantity" value="0" />
                  <button class="link" type="submit" aria-label="Remove ${product.name}">
                    Remove
                  </button>
                </form>
              </td>
            </tr>
          `,
        )}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row" colspan="2">Total without delivery</th>
          <td class="number" data-testid="cart-total">${formatMoney(cartTotal(visitor.cart))}</td>
          <td></td>
        </tr>
      </tfoot>
    </table>
    <p class="actions"><a class="button" href="/checkout">Go to the order form</a></p>
  `
}
