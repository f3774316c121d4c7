/** What the agent is to do, and what it needs to know for it. */
export interface ShoppingTask {
  /** The address of the shop. */
  url: string
  email: string
  password: string
  /** By the labels of the order form. */
  address: Readonly<Record<string, string>>
}

/** Where the order goes. */
export const address: ShoppingTask['address'] = {
  'Full name': 'Ada Byron',
  'Street and number': 'Spoke Lane 7',
  Postcode: '1010',
  'Town or city': 'Vienna',
  Country: 'Austria',
}

/** The task in words. */
export function describeTask({ url, email, password, address: to }: ShoppingTask): string {
  const lines = Object.entries(to).map(([label, value]) => `- ${label}: ${value}`)
  return [
    `Order the cheapest product that is in stock in the shop at ${url}.`,
    'Its list of products has several pages: compare them all. Order one piece, with standard delivery.',
    `Sign in as ${email} with the password ${password}. Accept the terms of sale. It goes to:`,
    ...lines,
    'Say at the end what you ordered, for how much, and the number of the order.',
  ].join('\n')
}
