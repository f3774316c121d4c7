import type { InternalClient } from '../cdp/internal-client.ts'
import type { LivePage } from './live-page.ts'
import type { LiveTabs } from './live-tabs.ts'
import { addressOf } from './typed-address.ts'
import type { ActingMessage } from './viewer-messages.ts'
import type { ViewerNews } from './viewer-news.ts'

/** What a person acts in. */
export interface ActingPlace {
  client: InternalClient
  tabs: LiveTabs
  /** The page that is shown. */
  page: LivePage | undefined
  /** Where the browser finds a file that a viewer has brought. */
  pathOf: (name: string) => string
}

/** Messages that reach the browser, rather than who has it. */
export type BrowserMessage = Exclude<ActingMessage, { type: 'takeOver' | 'handBack' }>

/**
 * Does in the browser what a person asks for.
 *
 * @param tell Tells that person alone what comes of it.
 * @throws CdpCommandError when the browser refuses, BrowserGoneError
 */
export async function actInBrowser(
  message: BrowserMessage,
  { client, tabs, page, pathOf }: ActingPlace,
  tell: (news: ViewerNews) => void,
): Promise<void> {
  if (message.type === 'newTab') {
    const parameters = { url: 'about:blank' }
    const { targetId } = await client.send<{ targetId: string }>('Target.createTarget', parameters)
    tabs.activate(targetId)
    return
  }
  if (message.type === 'tab') {
    if (!tabs.has(message.id)) return
    if (message.action === 'select') tabs.activate(message.id)
    else await client.send('Target.closeTarget', { targetId: message.id })
    return
  }
  if (!page) return
  switch (message.type) {
    case 'mouse':
      page.input.mouse(message)
      return
    case 'wheel':
      page.input.wheel(message)
      return
    case 'touch':
      page.input.touch(message)
      return
    case 'key':
      page.input.key(message)
      return
    case 'text':
      page.input.text(message.text)
      return
    case 'compose':
      page.input.compose(message.text, message.start, message.end)
      return
    case 'copy':
      page.input.inTurn(async () => tell({ type: 'clipboard', text: await page.copy(message.cut) }))
      return
    case 'navigate': {
      const address = addressOf(message.url)
      if (address !== undefined) page.navigate(address)
      else {
        const problem = 'A page can be at http and https addresses. Type one in full.'
        tell({ type: 'problem', message: problem })
      }
      return
    }
    case 'history':
      await page.go(message.delta)
      return
    case 'reload':
      page.reload()
      return
    case 'stop':
      page.stop()
      return
    case 'answer':
      page.answer(message.accept, message.text)
      return
    case 'pick':
      await page.pick(message.id, message.values)
      return
    case 'files': {
      const files = message.names.map((name) => pathOf(name))
      if (message.chooser !== undefined) page.chooseFiles(message.chooser, files)
      else page.dropFiles(message.x ?? 0, message.y ?? 0, files)
    }
  }
}
