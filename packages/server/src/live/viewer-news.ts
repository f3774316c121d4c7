import type { EndReason } from '@tandem-browser/core'
import type { LiveTab } from './live-tabs.ts'

/** A dialog that a page waits with. */
export interface PageDialog {
  kind: 'alert' | 'confirm' | 'prompt' | 'beforeunload'
  message: string
  /** What a prompt begins with. */
  value: string
}

/** A control whose choices Chromium would show in a window of its own, which no picture shows. */
export interface PagePicker {
  id: number
  kind: 'select' | 'date' | 'time' | 'datetime-local' | 'month' | 'week' | 'color'
  /** What assistive technology is told of it. */
  label: string
  value: string
  /** Of a select. */
  options: { label: string; value: string; disabled: boolean; selected: boolean; group: string }[]
  multiple: boolean
  min: string
  max: string
  /** CSS pixels in the page's visible part. */
  box: { x: number; y: number; width: number; height: number }
}

/** Where the shown page is. */
export interface LivePageState {
  url: string
  title: string
  loading: boolean
  canGoBack: boolean
  canGoForward: boolean
}

/** Who drives, as one viewer sees it. Times are milliseconds since 1970. */
export type ControlNews =
  | { driver: 'agent' }
  | { driver: 'human'; you: boolean; mode: 'wait' | 'refuse'; since: number; until: number }

/** What a viewer is told, beside the pictures. */
export type ViewerNews =
  | {
      type: 'hello'
      /** Names the viewer when it comes back after its connection broke. */
      viewer: string
      interactive: boolean
      /** Lets an interactive viewer bring files, for as long as it is connected. */
      uploadToken?: string
    }
  | { type: 'state'; state: 'live' | 'no_page' | 'crashed' }
  | { type: 'tabs'; tabs: LiveTab[]; active: string | undefined }
  | ({ type: 'page' } & LivePageState)
  | { type: 'control'; control: ControlNews; viewers: number }
  | { type: 'dialog'; dialog: PageDialog | undefined }
  | { type: 'picker'; picker: PagePicker | undefined }
  /** A page asks for files. */
  | { type: 'chooser'; chooser: { id: number; multiple: boolean } | undefined }
  /** Text that was copied in the page. */
  | { type: 'clipboard'; text: string }
  /** Why something that the viewer asked for was not done. */
  | { type: 'problem'; message: string }
  /** What the viewer sent to hear again. */
  | { type: 'echo'; value: number }
  | { type: 'ended'; endReason: EndReason }
