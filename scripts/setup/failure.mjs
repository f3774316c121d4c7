/** Something the person at the keyboard can put right; printed as one sentence, without a stack. */
export class SetupFailure extends Error {
  /**
   * @param {string} message What is wrong and what would be right.
   * @param {string} [details] The output of the failed command.
   */
  constructor(message, details = '') {
    super(message)
    this.name = 'SetupFailure'
    this.details = details
  }
}
