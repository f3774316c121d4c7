import { demoAccount } from 'tour/accounts'
import { comparingScript } from 'tour/shopper/cheapest-product'
import type { Script } from 'tour/shopper/script'
import { shoppingScript } from 'tour/shopper/shopping-script'
import { address, describeTask } from 'tour/shopper/shopping-task'
import { watchingScript } from 'tour/shopper/watching-script'

/** Something to begin with. */
export interface SuggestedTask {
  title: string
  /** What one will see, in a few words. */
  note: string
  /** What is sent. */
  text: string
}

/** @param shopUrl the address of the tour's shop, if it runs */
export function suggestTasks(shopUrl: string | undefined): SuggestedTask[] {
  if (shopUrl === undefined) {
    return [
      {
        title: 'Look at a page',
        note: 'Opens it and says what is there',
        text: 'Open https://example.com and tell me in one sentence what it is for.',
      },
    ]
  }
  return [
    {
      title: 'Find the cheapest product',
      note: 'Reads three pages, checks with code',
      text: `Which product in stock is the cheapest in the shop at ${shopUrl}? Its list has several pages: compare them all.`,
    },
    {
      title: 'Order the cheapest product',
      note: 'Signs in and fills in a form as well',
      text: describeTask(orderOf(shopUrl)),
    },
    {
      title: 'Watch the stock for a minute',
      note: 'Long-running code that can be stopped',
      text: `Watch the shop at ${shopUrl} for a minute: does its stock change?`,
    },
  ]
}

/** The script for what the user wants, as far as there is one. */
export function scriptFor(shopUrl: string | undefined): (task: string) => Script {
  return (task) => {
    if (shopUrl === undefined) return say(withoutShop)
    if (/\border\b/i.test(task)) return shoppingScript(orderOf(shopUrl))
    if (/\bwatch\b/i.test(task)) return watchingScript(shopUrl)
    if (/\bcheap(est)?\b/i.test(task)) return comparingScript(shopUrl)
    const titles = suggestTasks(shopUrl).map(({ title }) => `- ${title}`)
    return say(`${notUnderstood}\n\n${titles.join('\n')}`)
  }
}

const withoutShop =
  'There is no model: the environment has no key for one. Its scripted stand-in can do nothing here, because it only knows the shop that `npm run ai-sdk-chat` starts.'
const notUnderstood =
  'There is no model here, only a script, and it did not understand that. It can do three things in the shop, and asking for one of them by its name is enough:'

// oxlint-disable-next-line require-yield -- It calls nothing.
function* say(text: string): Script {
  return text
}

function orderOf(url: string) {
  const { email, password } = demoAccount
  return { url, email, password, address }
}
