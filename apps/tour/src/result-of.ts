import type { Execution } from '@tandem-browser/core'

import { must } from './expectation.ts'

/** The value of an execution that must have succeeded, read as JSON. */
export function resultOf(execution: Execution): unknown {
  must('the end of the code', execution.error, 'without an error', execution.ok)
  return JSON.parse(execution.result)
}
