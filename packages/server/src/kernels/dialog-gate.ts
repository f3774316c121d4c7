import type { ClientSink } from '../cdp/client.ts'
import type { CdpMessage } from '../cdp/message.ts'

/**
 * Keeps dialogs from the clients of a kernel while none of its code runs. The
 * daemon of agent-browser accepts alerts the moment they open, which would take
 * them from other code that waits for them, or from a person. Those that are
 * still open when code begins to run are shown to it.
 */
export class DialogGate {
  #open = false
  readonly #release = new Set<() => void>()

  /** @param open Whether code of the kernel runs. */
  set open(open: boolean) {
    this.#open = open
    if (open) for (const release of this.#release) release()
  }

  /** Puts the gate before a client. */
  guard(sink: ClientSink): ClientSink {
    /** By DevTools session: a page has one dialog at a time. */
    const held = new Map<string | undefined, CdpMessage>()
    const release = (): void => {
      for (const message of held.values()) sink.send(message)
      held.clear()
    }
    this.#release.add(release)
    return {
      send: (message) => {
        if (!this.#open && isOpened(message)) held.set(message.sessionId, message)
        else if (!isClosed(message) || !held.delete(message.sessionId)) sink.send(message)
      },
      close: (reason) => {
        this.#release.delete(release)
        sink.close(reason)
      },
    }
  }
}

/** Of the kinds that agent-browser settles unasked; of the others it tells whoever asks. */
function isOpened({ method, params }: CdpMessage): boolean {
  if (method !== 'Page.javascriptDialogOpening') return false
  return params?.['type'] === 'alert' || params?.['type'] === 'beforeunload'
}

function isClosed({ method }: CdpMessage): boolean {
  return method === 'Page.javascriptDialogClosed'
}
