import type { FastifyInstance } from 'fastify'

import { cartLines, cartTotal, emptyCart } from '../cart.ts'
import {
  checkOrder,
  deliveries,
  isDelivery,
  type OrderBook,
  type OrderErrors,
  type OrderForm,
} from '../orders.ts'
import { checkoutContent } from '../pages/checkout.ts'
import { renderPage } from '../pages/layout.ts'
import { orderContent } from '../pages/order.ts'
import type { Visitor } from '../visitors.ts'

const blank: OrderForm = {
  name: '',
  street: '',
  postcode: '',
  city: '',
  country: '',
  delivery: 'standard',
  terms: '',
}

export function checkoutRoutes(site: FastifyInstance, book: OrderBook): void {
  site.get('/checkout', ({ visitor }, reply) => {
    if (visitor.cart.size === 0) return reply.redirect('/cart', 303)
    if (visitor.customer === undefined) return reply.redirect('/login?next=/checkout', 303)
    return reply.type('text/html').send(renderCheckout(visitor, blank, {}))
  })

  site.post<{ Body: Partial<OrderForm> }>('/checkout', ({ visitor, body }, reply) => {
    const { customer } = visitor
    if (visitor.cart.size === 0) return reply.redirect('/cart', 303)
    if (customer === undefined) return reply.redirect('/login?next=/checkout', 303)
    const form = { ...blank, delivery: '', ...body }
    const errors = checkOrder(form)
    if (Object.keys(errors).length > 0 || !isDelivery(form.delivery)) {
      return reply
        .code(422)
        .type('text/html')
        .send(renderCheckout(visitor, form, errors))
    }
    const order = book.place({
      customer,
      address: form,
      delivery: form.delivery,
      lines: cartLines(visitor.cart),
      total: cartTotal(visitor.cart) + deliveries[form.delivery].price,
    })
    visitor.orders.push(order)
    visitor.cart = emptyCart()
    return reply.redirect(`/orders/${order.number}`, 303)
  })

  site.get<{ Params: { number: string } }>('/orders/:number', ({ visitor, params }, reply) => {
    const order = visitor.orders.find((each) => each.number === params.number)
    if (!order) return reply.callNotFound()
    const path = `/orders/${order.number}`
    const page = { title: `Order ${order.number}`, visitor, path, content: orderContent(order) }
    return reply.type('text/html').send(renderPage(page))
  })

  site.get<{ Params: { number: string } }>(
    '/orders/:number/invoice.csv',
    ({ visitor, params }, reply) => {
      const order = visitor.orders.find((each) => each.number === params.number)
      if (!order) return reply.callNotFound()
      const rows = order.lines.map(({ product, quantity, total }) =>
        [`"${product.name}"`, quantity, (total / 100).toFixed(2)].join(','),
      )
      const delivery = deliveries[order.delivery]
      const last = [
        `"${delivery.label}",1,${(delivery.price / 100).toFixed(2)}`,
        `Total,,${(order.total / 100).toFixed(2)}`,
        '',
      ]
      return reply
        .type('text/csv; charset=utf-8')
        .header('content-disposition', `attachment; filename="invoice-${order.number}.csv"`)
        .send(['Item,Quantity,Euros', ...rows, ...last].join('\r\n'))
    },
  )
}

function renderCheckout(visitor: Visitor, form: OrderForm, errors: OrderErrors): string {
  const content = checkoutContent(visitor, form, errors)
  return renderPage({ title: 'Order', visitor, path: '/checkout', content })
}
