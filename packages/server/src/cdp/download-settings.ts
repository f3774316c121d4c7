import type { CdpMessage } from './message.ts'

const method = 'Browser.setDownloadBehavior'

interface Setting<Client> {
  /** Undefined for the session's own. */
  client: Client | undefined
  context: unknown
  message: CdpMessage
}

/**
 * Keeps downloads going when a client leaves. Chromium has one behaviour for
 * each context, the last one that any client set, and refuses every download
 * once that client is gone, also to those who stay.
 */
export class DownloadSettings<Client> {
  /** The command that makes the session's own behaviour. */
  readonly initial: CdpMessage
  readonly #settings: Setting<Client>[]

  /** @param folder Where downloads go while no client has a say, as the browser sees it. */
  constructor(folder: string) {
    this.initial = { method, params: { behavior: 'allow', downloadPath: folder } }
    this.#settings = [{ client: undefined, context: undefined, message: this.initial }]
  }

  /** Learns from a command of a client that is passed on. */
  observe(client: Client, message: CdpMessage): void {
    const context = message.params?.['browserContextId']
    if (message.method === method) {
      this.#remove((setting) => setting.client === client && setting.context === context)
      this.#settings.push({ client, context, message })
    } else if (message.method === 'Target.disposeBrowserContext' && context !== undefined) {
      this.#remove((setting) => setting.context === context)
    }
  }

  /** Forgets a client, and gives the commands that put the behaviours of the others in force again. */
  forget(client: Client): CdpMessage[] {
    const contexts = this.#remove((setting) => setting.client === client)
    return [...new Set(contexts)].flatMap((context) => {
      const last = this.#settings.findLast((setting) => setting.context === context)
      return last ? [last.message] : []
    })
  }

  #remove(fits: (setting: Setting<Client>) => boolean): unknown[] {
    const contexts: unknown[] = []
    for (let index = this.#settings.length - 1; index >= 0; index -= 1) {
      const setting = this.#settings[index] as Setting<Client>
      if (!fits(setting)) continue
      contexts.push(setting.context)
      this.#settings.splice(index, 1)
    }
    return contexts
  }
}
