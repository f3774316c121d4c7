import { must } from '../expectation.ts'
import type { Step } from '../step.ts'

/** `POST /v2/scrape`: the page as Markdown, its links and its title. */
export const scrape: Step = {
  title: 'Scrape the page',

  async run(tour) {
    const formats = ['markdown' as const, 'links' as const]
    const { signal } = tour
    const {
      markdown = '',
      links = [],
      metadata,
    } = await tour.tandem.scrape(tour.pageUrl, { formats, signal })
    must('the HTTP status of the page', metadata.statusCode, 'below 400', metadata.statusCode < 400)
    if (tour.isShop) {
      // The list of products is drawn by a script: the scrape has waited for it.
      must(
        'the Markdown of the shop',
        markdown,
        'a list with Copper bell',
        markdown.includes('Copper bell'),
      )
    }
    tour.handOver('scrapeId', metadata.scrapeId)
    const size = markdown.length.toLocaleString('en')
    return `“${metadata.title ?? 'untitled'}”, ${size} characters of Markdown, ${links.length} links`
  },
}
