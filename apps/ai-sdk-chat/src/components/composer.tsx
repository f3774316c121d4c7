import { type KeyboardEvent, useEffect, useRef, useState } from 'react'
import { Icon } from './icon.tsx'

interface ComposerProps {
  isBusy: boolean
  /** Why nothing can be sent. */
  problem: string | undefined
  takesFocus: boolean
  onSend: (text: string) => void
  onStop: () => void
}

export function Composer({ isBusy, problem, takesFocus, onSend, onStop }: ComposerProps) {
  const [text, setText] = useState('')
  const field = useRef<HTMLTextAreaElement>(null)
  useEffect(() => {
    if (takesFocus) field.current?.focus()
  }, [takesFocus])

  const send = (): void => {
    if (isBusy || problem !== undefined || text.trim() === '') return
    onSend(text.trim())
    setText('')
  }
  const onSubmit = (event: { preventDefault: () => void }): void => {
    event.preventDefault()
    if (isBusy) onStop()
    else send()
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    // An Enter that ends the composition of a character sends nothing.
    if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) {
      event.preventDefault()
      send()
    }
    if (event.key === 'Escape' && isBusy) onStop()
  }
  return (
    <form className="composer" onSubmit={onSubmit}>
      {problem !== undefined && (
        <p className="composer-problem" role="alert">
          <Icon name="warning" /> {problem}
        </p>
      )}
      <div className="composer-field">
        <label className="visually-hidden" htmlFor="message">
          Message
        </label>
        <textarea
          id="message"
          ref={field}
          rows={1}
          value={text}
          placeholder="Say what the browser should do"
          aria-describedby="composer-hint"
          onChange={({ target }) => setText(target.value)}
          onKeyDown={onKeyDown}
        />
        {isBusy ? (
          <button type="submit" className="round stop" aria-label="Stop" aria-keyshortcuts="Escape">
            <Icon name="stop" />
          </button>
        ) : (
          <button
            type="submit"
            className="round"
            aria-label="Send"
            disabled={text.trim() === '' || problem !== undefined}
          >
            <Icon name="send" />
          </button>
        )}
      </div>
      <p className="composer-hint" id="composer-hint">
        Enter sends, Shift + Enter makes a new line, Escape stops.
      </p>
    </form>
  )
}
