import { type Html, html } from '../html.ts'
import { formatMoney } from '../money.ts'
import { deliveries, type Order } from '../orders.ts'

export function orderContent({ number, address, delivery, lines, total }: Order): Html {
  return html`
    <h1>Thank you for your order</h1>
    <p class="notice" role="status">
      Your order number is <strong data-testid="order-number">${number}</strong>.
    </p>
    <div class="columns">
      <section>
        <h2>What you ordered</h2>
        <ul class="lines">
          ${lines.map(
            (line) =>
              html`<li>
                <span>${line.quantity} × ${line.product.name}</span>
                <span class="number">${formatMoney(line.total)}</span>
              </li>`,
          )}
          <li>
            <span>${deliveries[delivery].label}</span>
            <span class="number">${formatMoney(deliveries[delivery].price)}</span>
          </li>
        </ul>
        <p class="total">
          <span>Total</span>
          <span class="number" data-testid="order-total">${formatMoney(total)}</span>
        </p>
        <p>
          <a class="button quiet" href="/orders/${number}/invoice.csv" download
            >Download the invoice</a
          >
        </p>
      </section>
      <section>
        <h2>Where it goes</h2>
        <address>
          ${address.name}<br />${address.street}<br />${address.postcode} ${address.city}<br />${address.country}
        </address>
      </section>
    </div>
  `
}
