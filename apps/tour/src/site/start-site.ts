import type { AddressInfo } from 'node:net'
import cookie from '@fastify/cookie'
import formbody from '@fastify/formbody'
import multipart from '@fastify/multipart'
import fastify from 'fastify'

import { assetRoutes } from './assets.ts'
import { type Order, OrderBook } from './orders.ts'
import { renderPage } from './pages/layout.ts'
import { messageContent } from './pages/message.ts'
import { accountRoutes } from './routes/account.ts'
import { cartRoutes } from './routes/cart.ts'
import { catalogueRoutes } from './routes/catalogue.ts'
import { checkoutRoutes } from './routes/checkout.ts'
import { productRoutes } from './routes/product.ts'
import { type Visitor, Visitors } from './visitors.ts'

declare module 'fastify' {
  interface FastifyRequest {
    visitor: Visitor
  }
}

const contentSecurityPolicy =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; base-uri 'none'; form-action 'self'"

export interface Site {
  /** Such as `http://127.0.0.1:40123`, without a slash at the end. */
  readonly url: string
  /** The orders that were placed so far, oldest first. */
  readonly orders: readonly Order[]
  close(): Promise<void>
}

/**
 * Starts the shop on the loopback interface: a small but real site for trying what drives a
 * browser. Its data is the same at every start; what a visitor does lasts until `close`.
 *
 * @param port 0 takes a free one
 */
export async function startSite({ port }: { port: number }): Promise<Site> {
  const site = fastify({ forceCloseConnections: true })
  const visitors = new Visitors()
  const book = new OrderBook()

  await site.register(cookie)
  await site.register(formbody)
  await site.register(multipart, {
    limits: { fileSize: 5_000_000, files: 1, fields: 10 },
    throwFileSizeLimit: false,
  })

  site.decorateRequest('visitor')
  site.addHook('onRequest', async (request, reply) => {
    // As a careful site would: what drives the page must not depend on inline or evaluated code.
    reply.header('content-security-policy', contentSecurityPolicy)
    request.visitor = visitors.recognise(request.cookies['visitor'])
    if (request.cookies['visitor'] !== request.visitor.id) {
      reply.setCookie('visitor', request.visitor.id, { path: '/', httpOnly: true, sameSite: 'lax' })
    }
  })
  site.setNotFoundHandler(({ visitor, url }, reply) => {
    const content = messageContent('Nothing here', 'There is no such page in this shop.')
    const page = renderPage({ title: 'Nothing here', visitor, path: url, content })
    reply.code(404).type('text/html').send(page)
  })

  await assetRoutes(site)
  catalogueRoutes(site)
  productRoutes(site)
  cartRoutes(site)
  accountRoutes(site)
  checkoutRoutes(site, book)

  await site.listen({ host: '127.0.0.1', port })
  const address = site.server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${address.port}`,
    orders: book.orders,
    close: () => site.close(),
  }
}
