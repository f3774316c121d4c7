import { createTandemTools, type TandemToolOutput } from '@tandem-browser/ai-sdk-tool'
import { SessionPool } from '@tandem-browser/core/pool'

import { mustBe } from '../expectation.ts'
import { agentMark, nothingFailed } from '../scripted-calls.ts'
import type { Step } from '../step.ts'

/** A model of the AI SDK gets the session as tools. It is scripted; what its tools do is not. */
export const giveItToAiSdk: Step = {
  title: 'Give it to the AI SDK (scripted)',

  async run(tour) {
    const { tandem, signal, isShop, pageUrl } = tour
    const { page } = tour.given('connection')
    // Only here: it takes a while to load.
    const { generateText, stepCountIs } = await import('ai')
    const { MockLanguageModelV4, mockValues } = await import('ai/test')

    await using pool = new SessionPool({ tandem })
    pool.adopt('tour', tour.given('interaction').sessionId)
    const tools = createTandemTools({ pool, sessionKey: 'tour', approval: 'none' })
    const next = mockValues<ReturnType<typeof toolCall> | { type: 'text'; text: string }>(
      toolCall('openPage', { url: pageUrl }),
      isShop
        ? toolCall('act', { action: 'fill', target: 'Search the shop', value: 'bell' })
        : toolCall('executeCode', { code: agentMark('the AI SDK') }),
      { type: 'text', text: 'Done.' },
    )
    const model = new MockLanguageModelV4({
      doGenerate: () => {
        const part = next()
        const unified = part.type === 'text' ? ('stop' as const) : ('tool-calls' as const)
        const finishReason = { unified, raw: undefined }
        return Promise.resolve({ content: [part], finishReason, usage, warnings: [] })
      },
    })
    const { steps } = await generateText({
      ...{ model, tools, prompt: 'Have a look around.' },
      ...{ stopWhen: stepCountIs(5), abortSignal: signal },
    })

    const outputs = steps.flatMap(({ toolResults }) =>
      toolResults.map(({ output }) => output as TandemToolOutput),
    )
    mustBe('the number of results', outputs.length, 2)
    const results = outputs.map((each) => ({
      text: each.status === 'running' ? '' : each.text,
      failed: each.status !== 'ok',
    }))
    nothingFailed(results)
    const read = results[0]?.text.length ?? 0
    if (isShop) {
      mustBe('the search', await page.getByLabel('Search the shop').inputValue(), 'bell')
      return `the model read ${read} characters and filled in “bell”, which Playwright saw`
    }
    const mark = await page.evaluate('document.documentElement.dataset.tandemAgent')
    mustBe('the mark that Playwright saw', mark, 'the AI SDK')
    return `the model read ${read} characters and left a mark, which Playwright saw`
  },
}

function toolCall(toolName: string, input: object) {
  const toolCallId = `call-${toolName}`
  return { type: 'tool-call' as const, toolCallId, toolName, input: JSON.stringify(input) }
}

const none = { total: 0, noCache: 0, cacheRead: 0, cacheWrite: 0, text: 0, reasoning: 0 }
const usage = { inputTokens: none, outputTokens: none }
