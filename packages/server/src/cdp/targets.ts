/** What Chromium tells of a target: a page, a frame in a process of its own, a worker. */
export interface TargetInfo {
  targetId: string
  type: string
  title: string
  url: string
  browserContextId?: string
  /** Of a frame or worker: the target that it belongs to. */
  parentId?: string
}

/** Whether a target belongs to the browser's own interface, which no client has any use for. */
export function isBrowserInterface({ type, url }: Partial<TargetInfo>): boolean {
  return type === 'browser_ui' || /^(chrome|chrome-untrusted|devtools):/.test(url ?? '')
}
