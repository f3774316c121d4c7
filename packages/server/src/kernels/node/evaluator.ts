import { type Runtime, Session } from 'node:inspector'
import { rewriteImports } from './repl-source.ts'

/** How an evaluation ended. */
export type Evaluation = { value: unknown } | { thrown: unknown; location: string }

/** Key of the global function that carries a value out of the inspector. */
const carryKey = 'tandem.carry'

/**
 * Evaluates code as V8's own REPL does: top-level await, bindings that last,
 * `const` that may be declared again.
 */
export class Evaluator {
  readonly #session = new Session()
  #carried: unknown

  constructor() {
    this.#session.connect()
    // The inspector describes values; this is the way back to the values themselves.
    Object.defineProperty(globalThis, Symbol.for(carryKey), {
      value: (value: unknown) => {
        this.#carried = value
      },
    })
  }

  /**
   * @param fileName How stack traces call the code.
   * @returns The value of the last expression; a promise is waited for.
   */
  async evaluate(code: string, fileName: string): Promise<Evaluation> {
    const { result, exceptionDetails } = await this.#post<Runtime.EvaluateReturnType>(
      'Runtime.evaluate',
      {
        expression: `${rewriteImports(code)}\n//# sourceURL=${fileName}`,
        replMode: true,
        awaitPromise: true,
      },
    )
    if (exceptionDetails) {
      const { exception, lineNumber, columnNumber, text } = exceptionDetails
      // Of a rejected promise, V8 reports a position that is not in the code.
      const positioned = text === 'Uncaught' && lineNumber < code.split('\n').length
      return {
        thrown: (await this.#unbox(exception ?? result)).value,
        location: positioned ? `${fileName}:${lineNumber + 1}:${columnNumber + 1}` : fileName,
      }
    }
    const { value } = await this.#unbox(result)
    try {
      return { value: await value }
    } catch (thrown) {
      return { thrown, location: fileName }
    }
  }

  /** The live value that the inspector describes, in an object so that a promise stays one. */
  async #unbox(object: Runtime.RemoteObject): Promise<{ value: unknown }> {
    const { objectId } = object
    if (objectId === undefined) return { value: primitive(object) }
    try {
      await this.#post('Runtime.callFunctionOn', {
        objectId,
        functionDeclaration: `function () { 'use strict'; globalThis[Symbol.for('${carryKey}')](this) }`,
      })
      return { value: this.#carried }
    } finally {
      this.#carried = undefined
      this.#session.post('Runtime.releaseObject', { objectId })
    }
  }

  #post<Result>(method: string, parameters: object): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#session.post(method, parameters, (error: Error | null, result?: object) => {
        if (error) reject(error)
        else resolve(result as Result)
      })
    })
  }
}

/** Numbers that JSON lacks, and big integers, travel as text. */
function primitive({ unserializableValue, value }: Runtime.RemoteObject): unknown {
  if (unserializableValue === undefined) return value as unknown
  if (unserializableValue.endsWith('n')) return BigInt(unserializableValue.slice(0, -1))
  return Number(unserializableValue)
}
