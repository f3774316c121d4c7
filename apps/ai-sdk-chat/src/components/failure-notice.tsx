import { explainError } from '../view/explain-error.ts'
import { Icon } from './icon.tsx'

export function FailureNotice({ error, onRetry }: { error: Error; onRetry: () => void }) {
  return (
    <div className="failure" role="alert">
      <Icon name="warning" />
      <p>{explainError(error)}</p>
      <button type="button" className="button" onClick={onRetry}>
        Try again
      </button>
    </div>
  )
}
