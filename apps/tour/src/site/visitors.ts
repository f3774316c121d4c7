import { randomUUID } from 'node:crypto'

import type { Cart } from './cart.ts'
import { emptyCart } from './cart.ts'
import type { Order } from './orders.ts'
import type { Review } from './reviews.ts'

/** What the shop knows of one browser, by its cookie. */
export interface Visitor {
  id: string
  /** Name of the customer, once signed in. */
  customer: string | undefined
  cart: Cart
  orders: Order[]
  /** Reviews that this visitor wrote, by product. Nobody else sees them. */
  reviews: Map<string, Review[]>
}

/** More than any test needs; the ones seen longest ago are forgotten. */
const MOST_VISITORS = 10_000

/** All visitors since the start of the site. */
export class Visitors {
  readonly #byId = new Map<string, Visitor>()

  /** The visitor of a cookie, or a new one. */
  recognise(id: string | undefined): Visitor {
    const known = id === undefined ? undefined : this.#byId.get(id)
    const visitor = known ?? {
      id: randomUUID(),
      customer: undefined,
      cart: emptyCart(),
      orders: [],
      reviews: new Map(),
    }
    this.#byId.delete(visitor.id)
    this.#byId.set(visitor.id, visitor)
    const oldest = this.#byId.keys().next().value
    if (this.#byId.size > MOST_VISITORS && oldest !== undefined) this.#byId.delete(oldest)
    return visitor
  }
}
