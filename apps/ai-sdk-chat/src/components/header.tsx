import type { ChatSetting } from '../agent/setting.ts'
import { Icon } from './icon.tsx'

/** Which half is shown where there is room for one. */
export type View = 'chat' | 'browser'

interface HeaderProps {
  setting: ChatSetting
  view: View
  onView: (view: View) => void
  onRestart: () => void
  canRestart: boolean
}

export function Header({ setting, view, onView, onRestart, canRestart }: HeaderProps) {
  const { modelLabel, isScripted } = setting
  return (
    <header className="header">
      <h1 className="brand">
        <Logo />
        Tandem
        <span className="visually-hidden"> chat</span>
      </h1>
      <p className="model" data-scripted={isScripted || undefined} title={modelLabel}>
        <span className="visually-hidden">Model: </span>
        {modelLabel}
      </p>
      <fieldset className="view-switch">
        <legend className="visually-hidden">Shown half</legend>
        {(['chat', 'browser'] as const).map((each) => (
          <button
            key={each}
            type="button"
            aria-pressed={view === each}
            onClick={() => onView(each)}
          >
            {each === 'chat' ? 'Chat' : 'Browser'}
          </button>
        ))}
      </fieldset>
      <button
        type="button"
        className="button quiet restart"
        disabled={!canRestart}
        onClick={onRestart}
        title="Clears this conversation and ends its browser session"
      >
        <Icon name="plus" />
        <span className="restart-label">New conversation</span>
      </button>
    </header>
  )
}

function Logo() {
  return (
    <svg className="logo" viewBox="0 0 32 24" aria-hidden="true">
      <circle cx="8" cy="16" r="6" />
      <circle cx="24" cy="16" r="6" />
      <path d="M8 16l5-11h6l5 11M11 9.5h10" />
    </svg>
  )
}
