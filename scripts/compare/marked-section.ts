import { ComparisonFailure } from './comparison-failure.ts'

/**
 * A Markdown text with another content between the comments `<!-- name -->` and `<!-- /name -->`.
 *
 * @throws ComparisonFailure when the text does not have each of them once, in this order
 */
export function replaceSection(markdown: string, name: string, content: string): string {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`]
  const [before, rest, ...more] = markdown.split(begin)
  const [, after, ...others] = rest?.split(end) ?? []
  if (before === undefined || after === undefined || more.length + others.length > 0) {
    throw new ComparisonFailure(`The text needs ${begin} and ${end} once each, in this order.`)
  }
  return `${before}${begin}\n\n${content}\n\n${end}${after}`
}
