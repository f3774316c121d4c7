/** The way by which a kernel reaches the session's browser. */
export interface BrowserLink {
  /** Settles when the kernel can use it. */
  readonly ready: Promise<unknown>
  /** Whether the kernel has lost what it began with. */
  readonly lost: boolean
  /**
   * Ends it: nothing that the kernel sends from now on has an effect, and what
   * it left running in the pages is ended. May be called again.
   */
  cutOff(reason: string): Promise<void>
  /** Hears when code of the kernel begins and ends to run. */
  setExecuting?(executing: boolean): void
}
