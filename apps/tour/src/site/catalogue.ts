import { type Product, products } from './products.ts'

const PAGE_SIZE = 9

/** One page of what a search found. */
export interface CataloguePage {
  products: readonly Product[]
  /** From 1. */
  page: number
  pages: number
  /** How many products the search found on all pages. */
  total: number
}

/** Every word of the query must be in the name, the category or the summary. */
export function findProducts(query: string, page: number): CataloguePage {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean)
  const found = products.filter((product) => {
    const text = `${product.name} ${product.category} ${product.summary}`.toLowerCase()
    return words.every((word) => text.includes(word))
  })
  const pages = Math.max(1, Math.ceil(found.length / PAGE_SIZE))
  const shown = Math.min(Math.max(1, Math.trunc(page) || 1), pages)
  const start = (shown - 1) * PAGE_SIZE
  return {
    products: found.slice(start, start + PAGE_SIZE),
    page: shown,
    pages,
    total: found.length,
  }
}

export function productBySlug(slug: string): Product | undefined {
  return products.find((product) => product.slug === slug)
}

export function averageRating(ratings: readonly number[]): number {
  if (ratings.length === 0) return 0
  return ratings.reduce((sum, stars) => sum + stars, 0) / ratings.length
}
