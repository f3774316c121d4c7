import type { ToolArtifact, ToolName, ToolProgress } from '@tandem-browser/core/tools'
import { artifactOf, type ExposablePart, lastPart, type RunningOutput } from './output.ts'

/** Milliseconds between two preliminary results: each of them holds all that is known. */
const interval = 100
/** Characters of what code printed that a preliminary result holds. */
const longestOutput = 4_000
const mostSteps = 20

/** Collects what a tool tells while it runs, and says when it is time to show it. */
export class Progress {
  readonly #expose: readonly ExposablePart[]
  readonly #artifact: ToolArtifact
  readonly #steps: string[] = []
  #stdout = ''
  #stderr = ''
  #isNew = false
  #wake: (() => void) | undefined
  #shownAt = -Infinity

  constructor(tool: ToolName, expose: readonly ExposablePart[]) {
    this.#artifact = { tool }
    this.#expose = expose
  }

  add(progress: ToolProgress): void {
    switch (progress.type) {
      case 'session':
        this.#artifact.session = progress.session
        break
      case 'step':
        this.#steps.push(progress.message)
        if (this.#steps.length > mostSteps) this.#steps.shift()
        break
      case 'stdout':
        this.#stdout = lastPart(this.#stdout + progress.text, longestOutput)
        break
      case 'stderr':
        this.#stderr = lastPart(this.#stderr + progress.text, longestOutput)
        break
      default:
        progress satisfies never
    }
    this.#isNew = true
    this.#wake?.()
  }

  /**
   * Waits for something to show, and not longer than the work takes.
   *
   * @returns false when the work is done, well or not
   */
  async next(done: Promise<unknown>): Promise<boolean> {
    let isDone = false
    const ended = done.then(
      () => (isDone = true),
      () => (isDone = true),
    )
    if (!this.#isNew) {
      await Promise.race([ended, new Promise<void>((resolve) => (this.#wake = resolve))])
      this.#wake = undefined
    }
    const wait = this.#shownAt + interval - performance.now()
    if (wait > 0 && !isDone) {
      let timer: ReturnType<typeof setTimeout> | undefined
      await Promise.race([ended, new Promise((resolve) => (timer = setTimeout(resolve, wait)))])
      clearTimeout(timer)
    }
    return !isDone
  }

  /** How far it is. */
  show(): RunningOutput {
    this.#isNew = false
    this.#shownAt = performance.now()
    return {
      status: 'running',
      steps: [...this.#steps],
      stdout: this.#stdout,
      stderr: this.#stderr,
      artifact: artifactOf(this.#artifact, this.#expose),
    }
  }
}
