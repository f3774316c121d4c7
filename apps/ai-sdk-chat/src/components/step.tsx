import type { CallState, CallView } from '../view/call-view.ts'
import { Approval } from './approval.tsx'
import { Icon } from './icon.tsx'
import type { OnApproval } from './message.tsx'

const stateWords: Readonly<Record<CallState, string>> = {
  preparing: 'being prepared',
  waiting: 'waits for you',
  running: 'running',
  done: 'done',
  failed: 'did not work',
  denied: 'you said no',
  stopped: 'stopped',
}

/** One call of a tool: a line that says what is done and how far it is, and all there is to it when opened. */
export function Step({ call, onApproval }: { call: CallView; onApproval: OnApproval }) {
  const { state, action, subject, code, progress, printed, result, picture, approvalId } = call
  if (state === 'waiting' && approvalId !== undefined) {
    return <Approval call={call} onAnswer={(approved) => onApproval(approvalId, approved)} />
  }
  const isRunning = state === 'running' || state === 'preparing'
  return (
    <details className="step" data-state={state} open={isRunning && printed !== undefined}>
      <summary>
        <StateIcon state={state} />
        <span className="step-title">
          {action} {subject && <b>{subject}</b>}
        </span>
        <span className={isUnremarkable(state) ? 'visually-hidden' : 'step-state'}>
          {stateWords[state]}
        </span>
        <Icon name="chevron" />
      </summary>
      <div className="step-body">
        {code && <Block name={code.language} text={code.text} />}
        {printed && <Block name="Output" text={printed} grows={isRunning} />}
        {result && <Block name={state === 'failed' ? 'Reason' : 'Result'} text={result} />}
        {picture && <img src={picture} alt="What the page looked like" />}
        {!code && !printed && !result && !picture && <p>{progress ?? 'Nothing to show yet.'}</p>}
      </div>
    </details>
  )
}

function isUnremarkable(state: CallState): boolean {
  return state === 'done' || state === 'preparing'
}

function StateIcon({ state }: { state: CallState }) {
  if (state === 'running' || state === 'preparing') return <span className="spinner" />
  const name = {
    done: 'check',
    failed: 'warning',
    denied: 'cross',
    stopped: 'minus',
    waiting: 'pause',
  } as const
  return <Icon name={name[state]} />
}

interface BlockProps {
  name: string
  text: string
  /** Whether more is to come. */
  grows?: boolean
}

function Block({ name, text, grows = false }: BlockProps) {
  return (
    <figure className="block">
      <figcaption>{name}</figcaption>
      {/* Something to scroll with the keyboard. */}
      <div className="block-text" tabIndex={0} data-grows={grows || undefined}>
        <pre>{text}</pre>
      </div>
    </figure>
  )
}
