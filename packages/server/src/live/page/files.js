import { make } from './dom.js'

/** @import { Picture } from './canvas.js' */

/** Milliseconds that one file may take. */
const uploadDeadline = 300_000

/** Brings files of this computer into the page: by dropping them, or when the page asks. */
export class Files {
  #base
  #onProblem
  #input = make('input', { type: 'file', hidden: true })
  #open = make('button', { type: 'button', className: 'main' }, 'Choose a file')
  #ask = make('div', {
    className: 'sheet',
    role: 'group',
    'aria-label': 'The page asks for a file',
  })
  /** @type {string | undefined} */
  uploadToken
  /** @type {number | undefined} */
  #chooser

  /**
   * @param {HTMLElement} stage
   * @param {Picture} picture
   * @param {{ base: string, send: (message: Record<string, unknown>) => void, onProblem: (message: string) => void }} options
   */
  constructor(stage, picture, { base, send, onProblem }) {
    this.#base = base
    this.#onProblem = onProblem
    const answer = (/** @type {string[]} */ names) => {
      if (this.#chooser !== undefined) send({ type: 'files', chooser: this.#chooser, names })
      this.showChooser(undefined)
    }
    this.#input.addEventListener('change', () => {
      void this.#bring(this.#input.files).then(answer)
    })
    this.#input.addEventListener('cancel', () => answer([]))
    // A browser opens its list of files only for a press of this page's own.
    this.#open.addEventListener('click', () => this.#input.click())
    const cancel = make('button', { type: 'button', onclick: () => answer([]) }, 'Cancel')
    this.#ask.append(
      make('p', { className: 'message' }, 'The page asks for a file from your device.'),
      make('div', { className: 'answers' }, cancel, this.#open),
      this.#input,
    )
    this.#ask.hidden = true
    stage.append(this.#ask)
    stage.addEventListener('dragover', (event) => {
      event.preventDefault()
      stage.classList.add('dropping')
    })
    stage.addEventListener('dragleave', () => stage.classList.remove('dropping'))
    stage.addEventListener('drop', (event) => {
      event.preventDefault()
      stage.classList.remove('dropping')
      const place = picture.placeOf(event)
      void this.#bring(event.dataTransfer?.files).then((names) => {
        if (place && names.length > 0) send({ type: 'files', names, ...place })
      })
    })
  }

  /** @param {{ id: number, multiple: boolean } | undefined} chooser */
  showChooser(chooser) {
    this.#chooser = chooser?.id
    this.#ask.hidden = chooser === undefined
    this.#input.value = ''
    this.#input.multiple = chooser?.multiple === true
    if (chooser) this.#open.focus()
  }

  /**
   * @param {FileList | null | undefined} files
   * @returns {Promise<string[]>} The names that they have in the session.
   */
  async #bring(files) {
    const names = []
    for (const file of files ?? []) {
      try {
        const response = await fetch(`${this.#base}/files?name=${encodeURIComponent(file.name)}`, {
          method: 'POST',
          headers: {
            'content-type': 'application/octet-stream',
            'x-upload-token': this.uploadToken ?? '',
          },
          body: file,
          signal: AbortSignal.timeout(uploadDeadline),
        })
        const body = await response.json()
        if (response.ok) names.push(body.name)
        else this.#onProblem(`${file.name} was not brought: ${body.error}`)
      } catch {
        this.#onProblem(`${file.name} was not brought: the connection broke.`)
      }
    }
    return names
  }
}
