/** Three significant digits, which is more than such measurements are worth. */
export function number(value: number): string {
  const size = Math.abs(value)
  return value.toFixed(size < 10 ? 2 : size < 100 ? 1 : 0)
}

/** One or more durations in one unit, such as `161 / 204 ms`. */
export function milliseconds(...values: number[]): string {
  return `${values.map(number).join(' / ')} ms`
}

export function seconds(millisecondsTaken: number): string {
  return `${number(millisecondsTaken / 1000)} s`
}

export function megabytes(bytes: number): string {
  return `${number(bytes / 1024 ** 2)} MB`
}

export function kilobytes(bytes: number): string {
  return `${number(bytes / 1024)} kB`
}
