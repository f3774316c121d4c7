import type { FastifyInstance } from 'fastify'

import { setQuantity } from '../cart.ts'
import { productBySlug } from '../catalogue.ts'
import { cartContent } from '../pages/cart.ts'
import { renderPage } from '../pages/layout.ts'
import type { Visitor } from '../visitors.ts'
import { renderProduct } from './product.ts'

export function cartRoutes(site: FastifyInstance): void {
  site.get('/cart', ({ visitor }, reply) => {
    reply.type('text/html').send(renderCart(visitor))
  })

  site.post<{ Body: { product?: string; quantity?: string } }>('/cart', (request, reply) => {
    const { visitor, body } = request
    const product = productBySlug(body.product ?? '')
    if (!product) return reply.callNotFound()
    const added = Number(body.quantity ?? 1)
    const cartError =
      added >= 1
        ? setQuantity(visitor.cart, product, (visitor.cart.get(product.slug) ?? 0) + added)
        : 'Give a whole number of pieces.'
    if (cartError === undefined) return reply.redirect('/cart', 303)
    const page = renderProduct(visitor, product, { tab: 'details', cartError })
    return reply.code(422).type('text/html').send(page)
  })

  site.post<{ Params: { slug: string }; Body: { quantity?: string } }>(
    '/cart/:slug',
    ({ visitor, params, body }, reply) => {
      const product = productBySlug(params.slug)
      if (!product) return reply.callNotFound()
      const error = setQuantity(visitor.cart, product, Number(body.quantity ?? Number.NaN))
      if (error === undefined) return reply.redirect('/cart', 303)
      return reply.code(422).type('text/html').send(renderCart(visitor, error))
    },
  )
}

function renderCart(visitor: Visitor, error?: string): string {
  const content = cartContent(visitor, error)
  return renderPage({ title: 'Your cart', visitor, path: '/cart', content })
}
