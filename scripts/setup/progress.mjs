import { performance } from 'node:perf_hooks'

/** @param {number} milliseconds */
function seconds(milliseconds) {
  return `${(milliseconds / 1000).toFixed(1)} s`
}

/**
 * One line a step, on stderr so that the output of the job itself stays clean. A step that has
 * nothing to do prints nothing: the repeat of a set-up is a single line.
 */
export class Progress {
  #startedAt = performance.now()
  #announced = false
  #stepsDone = 0

  /**
   * @template T
   * @param {string} name
   * @param {string} action What is being done, said before it is done.
   * @param {() => Promise<{ result: T, summary: string }>} work
   * @returns {Promise<T>}
   */
  async step(name, action, work) {
    this.#announce()
    process.stderr.write(`  ${name.padEnd(20)} ${action} ... `)
    const startedAt = performance.now()
    try {
      const { result, summary } = await work()
      process.stderr.write(`${summary} (${seconds(performance.now() - startedAt)})\n`)
      this.#stepsDone += 1
      return result
    } catch (error) {
      process.stderr.write('failed\n')
      throw error
    }
  }

  /** @param {string} line */
  note(line) {
    process.stderr.write(`${line}\n`)
  }

  finish() {
    const took = seconds(performance.now() - this.#startedAt)
    if (this.#stepsDone === 0) process.stderr.write(`Set-up: everything is in place (${took})\n`)
    else process.stderr.write(`Set-up finished (${took})\n`)
  }

  #announce() {
    if (this.#announced) return
    this.#announced = true
    process.stderr.write('Setting up Tandem\n')
  }
}
