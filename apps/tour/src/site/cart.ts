import { productBySlug } from './catalogue.ts'
import type { Product } from './products.ts'

/** Pieces by product. */
export type Cart = Map<string, number>

export interface CartLine {
  product: Product
  quantity: number
  /** Cents. */
  total: number
}

export function emptyCart(): Cart {
  return new Map()
}

export function cartLines(cart: Cart): CartLine[] {
  return [...cart].flatMap(([slug, quantity]) => {
    const product = productBySlug(slug)
    return product ? [{ product, quantity, total: product.price * quantity }] : []
  })
}

/** Pieces in the cart. */
export function cartSize(cart: Cart): number {
  return [...cart.values()].reduce((sum, quantity) => sum + quantity, 0)
}

/** Cents, without delivery. */
export function cartTotal(cart: Cart): number {
  return cartLines(cart).reduce((sum, line) => sum + line.total, 0)
}

/**
 * Sets how many pieces of a product are in the cart; 0 takes it out.
 *
 * @returns what is wrong with the number, when it cannot be
 */
export function setQuantity(cart: Cart, product: Product, quantity: number): string | undefined {
  if (!Number.isInteger(quantity) || quantity < 0) return 'Give a whole number of pieces.'
  if (quantity > product.stock) {
    return product.stock === 0
      ? `${product.name} is out of stock.`
      : `Only ${product.stock} pieces of ${product.name} are in stock.`
  }
  if (quantity === 0) cart.delete(product.slug)
  else cart.set(product.slug, quantity)
  return undefined
}
