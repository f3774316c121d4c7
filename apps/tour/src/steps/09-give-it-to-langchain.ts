import { SessionPool } from '@tandem-browser/core/pool'
import type { ToolName } from '@tandem-browser/core/tools'
import { createTandemTools } from '@tandem-browser/langchain-tool'

import { mustBe } from '../expectation.ts'
import { agentMark, nothingFailed } from '../scripted-calls.ts'
import type { Step } from '../step.ts'

/** An agent of LangChain gets the session as tools. Its model is scripted; what its tools do is not. */
export const giveItToLangChain: Step = {
  title: 'Give it to LangChain (scripted)',

  async run(tour) {
    const { tandem, signal, isShop } = tour
    const { page } = tour.given('connection')
    // Only here: it takes a while to load.
    const { createAgent } = await import('langchain')
    const { AIMessage, ToolMessage } = await import('@langchain/core/messages')
    const { fakeModel } = await import('@langchain/core/testing')

    await using pool = new SessionPool({ tandem })
    pool.adopt('tour', tour.given('interaction').sessionId)
    const tools = createTandemTools({ pool, sessionKey: () => 'tour' })
    const nameOf = (name: ToolName) => tools.find(({ tool }) => tool === name)?.name ?? name
    const acting = isShop
      ? { name: nameOf('act'), args: { action: 'click', target: 'Size guide' } }
      : { name: nameOf('executeCode'), args: { code: agentMark('LangChain') } }
    const model = fakeModel()
      .respondWithTools([{ name: nameOf('readPage'), args: {} }])
      .respondWithTools([acting])
      .respond(new AIMessage('Done.'))
    const { messages } = await createAgent({ model, tools }).invoke(
      { messages: [{ role: 'user', content: 'Have a look around.' }] },
      { signal },
    )

    const answers = messages.filter((message) => ToolMessage.isInstance(message))
    nothingFailed(answers.map(({ text, status }) => ({ text, failed: status === 'error' })))
    const read = answers[0]?.text.length ?? 0
    if (isShop) {
      await page.waitForURL('**/size-guide')
      return `the agent read ${read} characters and clicked; Playwright is at /size-guide now`
    }
    const mark = await page.evaluate('document.documentElement.dataset.tandemAgent')
    mustBe('the mark that Playwright saw', mark, 'LangChain')
    return `the agent read ${read} characters and left a mark, which Playwright saw`
  },
}
