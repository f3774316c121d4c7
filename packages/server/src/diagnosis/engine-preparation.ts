import { type Engine, EngineError, findEngine } from '../browser/engine.ts'

/** The engine, looked for once for all who ask. */
export class EnginePreparation {
  /** What was found, or the sentence that says why there is none. Never rejects. */
  readonly result: Promise<{ engine: Engine } | { problem: string }>

  constructor(executable: string | undefined, onUnpack?: () => void) {
    let isAnnounced = false
    const found = findEngine({
      executable,
      onProgress: () => {
        if (!isAnnounced) onUnpack?.()
        isAnnounced = true
      },
    })
    this.result = found.then(
      (engine) => ({ engine }),
      (error: unknown) => {
        if (error instanceof EngineError) return { problem: error.message }
        return { problem: `It could not be looked for: ${String(error)}` }
      },
    )
  }
}
