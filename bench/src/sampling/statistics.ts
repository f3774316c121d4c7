/** Where the middle and the slow end of some samples lie. */
export interface Summary {
  p50: number
  p95: number
  n: number
}

/**
 * The value below which that fraction of the samples lies, interpolated
 * between the two nearest ones.
 *
 * @throws RangeError when there are no samples.
 */
export function percentile(samples: readonly number[], fraction: number): number {
  const sorted = samples.toSorted((a, b) => a - b)
  const position = (sorted.length - 1) * fraction
  const below = sorted[Math.floor(position)]
  const above = sorted[Math.ceil(position)]
  if (below === undefined || above === undefined) throw new RangeError('There are no samples.')
  return below + (above - below) * (position - Math.floor(position))
}

export function median(samples: readonly number[]): number {
  return percentile(samples, 0.5)
}

export function summarize(samples: readonly number[]): Summary {
  return { p50: median(samples), p95: percentile(samples, 0.95), n: samples.length }
}

/**
 * How much `y` grows when `x` grows by one: the median of the slopes between
 * all pairs of points (Theil and Sen), which one sudden step does not move.
 *
 * @throws RangeError when the points do not lie at two places at least.
 */
export function slope(points: readonly { x: number; y: number }[]): number {
  const slopes = points.flatMap((first, index) =>
    points
      .slice(index + 1)
      .filter(({ x }) => x !== first.x)
      .map(({ x, y }) => (y - first.y) / (x - first.x)),
  )
  if (slopes.length === 0) throw new RangeError('A slope needs points at two places at least.')
  return median(slopes)
}
