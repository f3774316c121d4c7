import type { FastifyInstance } from 'fastify'

import { averageRating, findProducts, productBySlug } from '../catalogue.ts'
import { formatMoney } from '../money.ts'
import { renderPage } from '../pages/layout.ts'
import { shopContent } from '../pages/shop.ts'
import { sizeGuideContent, calculatorPage } from '../pages/size-guide.ts'
import { workshopContent } from '../pages/workshop.ts'
import { drawPicture } from '../picture.ts'
import { products } from '../products.ts'

interface ListQuery {
  query?: string
  page?: string
}

/** What anybody can look at: the list and its API, pictures, the price list, the other pages. */
export function catalogueRoutes(site: FastifyInstance): void {
  site.get<{ Querystring: ListQuery }>('/', (request, reply) => {
    const content = shopContent(request.query.query ?? '')
    const scripts = ['product-list.js', 'star-rating.js']
    const { visitor } = request
    reply
      .type('text/html')
      .send(renderPage({ title: 'Shop', visitor, path: '/', content, scripts }))
  })

  site.get<{ Querystring: ListQuery }>('/api/products', (request) => {
    const found = findProducts(request.query.query ?? '', Number(request.query.page ?? 1))
    return {
      ...found,
      products: found.products.map(({ slug, name, category, price, stock, ratings, summary }) => ({
        slug,
        name,
        category,
        price: formatMoney(price),
        cents: price,
        inStock: stock > 0,
        rating: averageRating(ratings),
        reviews: ratings.length,
        summary,
      })),
    }
  })

  site.get<{ Params: { file: string } }>('/pictures/:file', (request, reply) => {
    const product = productBySlug(request.params.file.replace(/\.svg$/, ''))
    if (!product) return reply.callNotFound()
    return reply.type('image/svg+xml').send(drawPicture(product))
  })

  site.get('/price-list.csv', (_, reply) => {
    const rows = products.map(({ name, category, price, stock }) =>
      [`"${name}"`, category, (price / 100).toFixed(2), stock].join(','),
    )
    reply
      .type('text/csv; charset=utf-8')
      .header('content-disposition', 'attachment; filename="price-list.csv"')
      .send(['Name,Category,Price in euros,In stock', ...rows, ''].join('\r\n'))
  })

  site.get('/size-guide', ({ visitor }, reply) => {
    const page = { title: 'Size guide', visitor, path: '/size-guide', content: sizeGuideContent }
    reply.type('text/html').send(renderPage(page))
  })

  site.get('/size-guide/calculator', (_, reply) => {
    reply.type('text/html').send(calculatorPage)
  })

  site.get('/workshop', ({ visitor }, reply) => {
    const content = workshopContent
    const scripts = ['workshop.js']
    reply
      .type('text/html')
      .send(renderPage({ title: 'Workshop', visitor, path: '/workshop', content, scripts }))
  })
}
