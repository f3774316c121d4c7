import type { PageProblem, PageState } from './browser.ts'
import type { ToolFailure } from './contract.ts'
import { viewHint } from './failures.ts'
import type { Report } from './report.ts'

/** What a snapshot of nothing looks like. */
const emptySnapshot = '(empty page)'

/** Whether nothing was opened yet. Code may have put something into the blank page. */
export function isBlank({ url, snapshot }: PageState): boolean {
  return url === 'about:blank' && (snapshot === emptySnapshot || snapshot === '')
}

/** Adds the snapshot of a page, and the page to the artifact. */
export function reportSnapshot(
  report: Report,
  page: PageState,
  { offset, maximum }: { offset?: number | undefined; maximum?: number | undefined } = {},
): void {
  notePage(report, page)
  report.notes.keepShown(page.snapshot)
  report.quoteWindow('page', report.headOf(page), page.snapshot, {
    offset,
    maximum,
    more: (next) => `${report.tool('readPage')} with format 'snapshot' and offset ${next}`,
  })
}

/** Adds what of a snapshot changed; `changes` may be empty. */
export function reportChanges(report: Report, page: PageState, changes: string): void {
  notePage(report, page)
  report.notes.keepShown(page.snapshot)
  const lines = [report.headOf(page), report.clean(changes)]
  report.quote('page', lines.filter(Boolean).join('\n\n'))
}

/** Adds title and address of a page, and the page to the artifact. */
export function reportAddress(report: Report, page: PageState): void {
  notePage(report, page)
  report.quote('page', report.headOf(page))
}

function notePage(report: Report, { url, title }: PageState): void {
  report.artifact.page = { ...report.artifact.page, url, title }
}

/** The failure that a page cannot be seen. */
export function reportProblem(report: Report, { kind, text }: PageProblem): ToolFailure {
  const { code, hint } = viewHint(kind, report.tool)
  return report.quoteMessage(text).failure(code, hint)
}
