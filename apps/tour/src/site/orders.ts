import type { CartLine } from './cart.ts'

export const countries = ['Austria', 'France', 'Germany', 'Ireland', 'Netherlands'] as const

export const deliveries = {
  standard: { label: 'Standard, three days', price: 490 },
  express: { label: 'Express, next day', price: 1290 },
  collect: { label: 'Collect at the workshop', price: 0 },
} as const

export type Delivery = keyof typeof deliveries

/** What the order form asks for, as it was typed. */
export interface OrderForm {
  name: string
  street: string
  postcode: string
  city: string
  country: string
  delivery: string
  terms: string
}

export type OrderErrors = Partial<Record<keyof OrderForm, string>>

export interface Order {
  /** Such as `SS-10001`. */
  number: string
  customer: string
  address: OrderForm
  delivery: Delivery
  lines: CartLine[]
  /** Cents, with delivery. */
  total: number
}

/** One sentence for each field that cannot be accepted. */
export function checkOrder(form: OrderForm): OrderErrors {
  const errors: OrderErrors = {}
  if (form.name.trim().length < 2) errors.name = 'Enter your full name.'
  if (form.street.trim() === '') errors.street = 'Enter the street and the house number.'
  if (!/^[A-Za-z0-9][A-Za-z0-9 -]{2,8}$/.test(form.postcode.trim())) {
    errors.postcode = 'Enter a postcode of 3 to 9 letters and digits.'
  }
  if (form.city.trim() === '') errors.city = 'Enter the town or city.'
  if (!countries.some((country) => country === form.country)) errors.country = 'Choose a country.'
  if (!isDelivery(form.delivery)) errors.delivery = 'Choose how the parts should reach you.'
  if (form.terms !== 'accepted') errors.terms = 'Accept the terms of sale to order.'
  return errors
}

export function isDelivery(value: string): value is Delivery {
  return Object.hasOwn(deliveries, value)
}

/** Numbers the orders of the site, in the order in which they come. */
export class OrderBook {
  readonly orders: Order[] = []

  place(order: Omit<Order, 'number'>): Order {
    const placed = { ...order, number: `SS-${10_001 + this.orders.length}` }
    this.orders.push(placed)
    return placed
  }
}
