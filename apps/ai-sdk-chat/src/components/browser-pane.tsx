import { useState } from 'react'
import type { SessionView } from '../view/session-view.ts'
import { Icon } from './icon.tsx'

interface BrowserPaneProps {
  session: SessionView | undefined
  isBusy: boolean
}

/** The browser session: its live view, or what there is in place of one. */
export function BrowserPane({ session, isBusy }: BrowserPaneProps) {
  const [isUsed, setIsUsed] = useState(false)
  const { liveViewUrl = '', interactiveLiveViewUrl = '', page } = session ?? {}
  const url = (isUsed && interactiveLiveViewUrl) || liveViewUrl
  return (
    <aside className="browser" aria-label="Browser session">
      <div className="browser-bar">
        <span className="lamp" data-state={lampOf(session, isBusy)} />
        <p className="address" title={page?.url}>
          {page ? <Address {...page} /> : <span className="address-none">No page is open</span>}
        </p>
        {interactiveLiveViewUrl && (
          <button type="button" className="button quiet" onClick={() => setIsUsed(!isUsed)}>
            <Icon name={isUsed ? 'eye' : 'hand'} />
            {isUsed ? 'Only watch' : 'Use it'}
          </button>
        )}
      </div>
      <div className="browser-view">
        {session && url !== '' && (
          <iframe
            key={url}
            src={url}
            title="Live view of the browser session"
            // oxlint-disable-next-line react/iframe-missing-sandbox -- It is of the origin of the Tandem server, and not of this page.
            sandbox="allow-scripts allow-same-origin allow-forms"
            referrerPolicy="no-referrer"
            allow="clipboard-read; clipboard-write"
          />
        )}
        {session && url === '' && <Picture session={session} />}
        {!session && (
          <Placeholder title="The browser comes here">
            <p>Its session begins with the first page that is opened.</p>
          </Placeholder>
        )}
      </div>
    </aside>
  )
}

function lampOf(session: SessionView | undefined, isBusy: boolean): string {
  if (!session) return 'off'
  return isBusy ? 'busy' : 'on'
}

function Address({ url, title }: { url: string; title: string }) {
  return (
    <>
      {title && <b>{title}</b>} <span>{url.replace(/^https?:\/\//, '')}</span>
    </>
  )
}

/** Where there is no live view: the last picture that was taken, if any. */
function Picture({ session: { picture } }: { session: SessionView }) {
  if (picture === undefined) {
    return (
      <Placeholder title="A session is open">
        <p>This server offers no live view of it. The steps say what happens there.</p>
      </Placeholder>
    )
  }
  return (
    <figure className="last-picture">
      <img src={picture} alt="The page as the model last saw it" />
      <figcaption>
        The last picture that was taken. This server offers no live view of the session.
      </figcaption>
    </figure>
  )
}

function Placeholder({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <div className="browser-placeholder">
      <svg viewBox="0 0 120 84" aria-hidden="true">
        <rect x="1.5" y="1.5" width="117" height="81" rx="8" />
        <path d="M1.5 18h117" />
        <circle cx="11" cy="10" r="2" />
        <circle cx="19" cy="10" r="2" />
        <circle cx="27" cy="10" r="2" />
        <g className="bicycle">
          <circle cx="42" cy="58" r="13" />
          <circle cx="78" cy="58" r="13" />
          <path d="M42 58l11-25h14l11 25M49 43h23" />
        </g>
      </svg>
      <h2>{title}</h2>
      {children}
    </div>
  )
}
