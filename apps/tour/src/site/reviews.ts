import type { Product } from './products.ts'

/** An uploaded file; the shop keeps what it is called and how large it is. */
export interface Photo {
  name: string
  type: string
  /** Bytes. */
  size: number
}

export interface Review {
  author: string
  /** Stars, 1 to 5. */
  rating: number
  text: string
  photo?: Photo | undefined
}

const authors = ['Noor', 'Willem', 'Sofia', 'Tomás', 'Ingrid']
const texts: Record<number, readonly string[]> = {
  5: [
    'Exactly as described, and better made than it had to be.',
    'Two winters old and still like new.',
    'I bought a second one for the other bicycle.',
  ],
  4: ['Does its work. Took an evening to fit.', 'Good, once the paint had worn off a little.'],
  3: ['Fine for the price. The next one I would buy in another colour.'],
}

/** The reviews that the shop was opened with. */
export function openingReviews(product: Product): Review[] {
  return product.ratings.map((rating, index) => ({
    author: authors[(product.slug.length + index) % authors.length] ?? 'A customer',
    rating,
    text: texts[rating]?.[index % (texts[rating]?.length ?? 1)] ?? 'It arrived.',
  }))
}
