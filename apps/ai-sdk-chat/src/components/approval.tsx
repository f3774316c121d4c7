import { useId } from 'react'
import type { CallView } from '../view/call-view.ts'

interface ApprovalProps {
  call: CallView
  onAnswer: (approved: boolean) => void
}

/** Asks whether code may run. The focus stays where it is: a key that was meant for something else is no answer. */
export function Approval({ call: { code, action }, onAnswer }: ApprovalProps) {
  const title = useId()
  return (
    <section className="approval" aria-labelledby={title}>
      <h3 id={title}>May this run?</h3>
      <p>
        The model wants to run {code?.language ?? action} in the browser session. It can use the
        page with everything that you are signed in to there.
      </p>
      {code && <pre tabIndex={0}>{code.text}</pre>}
      <div className="approval-buttons">
        <button type="button" className="button primary" onClick={() => onAnswer(true)}>
          Run it
        </button>
        <button type="button" className="button" onClick={() => onAnswer(false)}>
          Do not run
        </button>
      </div>
    </section>
  )
}
