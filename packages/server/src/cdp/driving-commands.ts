import type { CdpMessage } from './message.ts'

/** Commands that act on the page in front of a person, as a hand on mouse or keyboard would. */
const drivingMethods: ReadonlySet<string> = new Set([
  'DOM.setFileInputFiles',
  'Page.bringToFront',
  'Page.close',
  'Page.handleFileChooser',
  'Page.handleJavaScriptDialog',
  'Page.navigate',
  'Page.navigateToHistoryEntry',
  'Page.reload',
  'Page.setDocumentContent',
  'Page.stopLoading',
  'Target.activateTarget',
  'Target.closeTarget',
  'Target.createTarget',
])

/**
 * Whether a command drives a page: input, navigation, tabs, dialogs. Such commands say which tab is
 * worked on, and wait while a person has the browser. What only looks does not count; nor do scripts,
 * which look and act alike.
 */
export function drives({ method }: CdpMessage): boolean {
  return method !== undefined && (method.startsWith('Input.') || drivingMethods.has(method))
}
