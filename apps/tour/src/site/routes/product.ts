import type { FastifyInstance, FastifyRequest } from 'fastify'

import { productBySlug } from '../catalogue.ts'
import { renderPage } from '../pages/layout.ts'
import { productContent, type ProductContent } from '../pages/product.ts'
import type { Product } from '../products.ts'
import { openingReviews, type Photo, type Review } from '../reviews.ts'
import type { Visitor } from '../visitors.ts'

interface ProductParams {
  slug: string
}

/** A product's page and the reviews that visitors write on it. */
export function productRoutes(site: FastifyInstance): void {
  site.get<{ Params: ProductParams }>('/products/:slug', ({ params, visitor }, reply) => {
    const product = productBySlug(params.slug)
    if (!product) return reply.callNotFound()
    return reply.type('text/html').send(renderProduct(visitor, product, { tab: 'details' }))
  })

  site.post<{ Params: ProductParams }>('/products/:slug/reviews', async (request, reply) => {
    const product = productBySlug(request.params.slug)
    if (!product) return reply.callNotFound()
    const { visitor } = request
    const { fields, photo } = await readReviewForm(request)
    const review: Review = {
      author: (fields.get('author') ?? '').trim(),
      rating: Number(fields.get('rating') ?? 0),
      text: (fields.get('text') ?? '').trim(),
      photo,
    }
    const reviewError = checkReview(review)
    if (reviewError !== undefined) {
      const page = renderProduct(visitor, product, { tab: 'reviews', reviewError, draft: review })
      return reply.code(422).type('text/html').send(page)
    }
    visitor.reviews.set(product.slug, [...(visitor.reviews.get(product.slug) ?? []), review])
    const page = renderProduct(visitor, product, { tab: 'reviews', saved: review })
    return reply.code(201).type('text/html').send(page)
  })
}

/** The page of a product, as this visitor sees it. */
export function renderProduct(
  visitor: Visitor,
  product: Product,
  state: Omit<ProductContent, 'product' | 'reviews'>,
): string {
  const reviews = [...openingReviews(product), ...(visitor.reviews.get(product.slug) ?? [])]
  return renderPage({
    title: product.name,
    visitor,
    path: `/products/${product.slug}`,
    content: productContent({ product, reviews, ...state }),
    scripts: ['star-rating.js', 'rating-input.js', 'tab-group.js'],
  })
}

/** Reads every part to its end; of a file only the size is kept. */
async function readReviewForm(
  request: FastifyRequest,
): Promise<{ fields: Map<string, string>; photo: Photo | undefined }> {
  const fields = new Map<string, string>()
  let photo: Photo | undefined
  for await (const part of request.parts()) {
    if (part.type === 'field') {
      fields.set(part.fieldname, String(part.value))
      continue
    }
    let size = 0
    for await (const chunk of part.file) size += (chunk as Buffer).length
    if (part.file.truncated) size = Infinity
    // A browser sends an empty part when no file was chosen.
    if (part.filename !== '') photo = { name: part.filename, type: part.mimetype, size }
  }
  return { fields, photo }
}

function checkReview({ author, rating, text, photo }: Review): string | undefined {
  if (author === '') return 'Enter your name.'
  if (![1, 2, 3, 4, 5].includes(rating)) return 'Choose a rating of one to five stars.'
  if (text.length < 10) return 'Write at least ten letters, so that others learn something.'
  if (photo && !photo.type.startsWith('image/')) return 'The photo must be an image.'
  if (photo && photo.size === Infinity) return 'The photo is larger than 5 MB.'
  return undefined
}
