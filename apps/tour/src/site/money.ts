/** `1905` cents as `€19.05`. */
export function formatMoney(cents: number): string {
  return (cents / 100).toLocaleString('en-IE', { style: 'currency', currency: 'EUR' })
}
