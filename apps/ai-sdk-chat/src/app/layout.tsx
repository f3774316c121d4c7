import type { Metadata, Viewport } from 'next'
import type { ReactNode } from 'react'
import '../styles/tokens.css'
import '../styles/page.css'
import '../styles/conversation.css'
import '../styles/steps.css'
import '../styles/browser-pane.css'

export const metadata: Metadata = {
  title: 'Tandem chat',
  description: 'A chat with a model that drives a browser, and the browser beside it.',
  robots: { index: false },
}

export const viewport: Viewport = {
  width: 'device-width',
  initialScale: 1,
  // The composer stays above the keyboard of a phone.
  interactiveWidget: 'resizes-content',
  themeColor: [
    { media: '(prefers-color-scheme: light)', color: '#f5f4f0' },
    { media: '(prefers-color-scheme: dark)', color: '#131518' },
  ],
}

export default function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <body>{children}</body>
    </html>
  )
}
