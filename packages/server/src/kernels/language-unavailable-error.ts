import type { Language } from '@tandem-browser/core'

/** This server cannot run a language: something that it needs is not on the machine. */
export class LanguageUnavailableError extends Error {
  override name = 'LanguageUnavailableError'

  /**
   * @param problem What is missing.
   * @param fix What would be right.
   */
  constructor(language: Language, problem: string, fix: string) {
    super(`This server cannot run ${language}: ${problem} ${fix}`)
  }
}
