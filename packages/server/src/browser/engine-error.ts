/** No usable browser engine, with a sentence that says why and what helps. */
export class EngineError extends Error {
  override readonly name = 'EngineError'
}
