/** The comparison cannot be made; the message says why, for whoever runs it. */
export class ComparisonFailure extends Error {
  override readonly name = 'ComparisonFailure'
}
