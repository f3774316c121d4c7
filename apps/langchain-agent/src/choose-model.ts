import { ChatAnthropic } from '@langchain/anthropic'
import type { BaseChatModel } from '@langchain/core/language_models/chat_models'
import { ChatGoogle } from '@langchain/google'
import { ChatOpenAI } from '@langchain/openai'

export interface ChosenModel {
  model: BaseChatModel
  /** For people: which one it is, and where it comes from. */
  label: string
  /** Whether a picture may be in the answer of a tool. */
  seesPictures: boolean
}

/** The model that the environment has a key or an address for, if there is one. */
export function chooseModel(environment: NodeJS.ProcessEnv): ChosenModel | undefined {
  const { AGENT_MODEL: name, OPENAI_BASE_URL: baseURL } = environment
  if (baseURL) {
    if (!name)
      throw new Error('OPENAI_BASE_URL is set: say in AGENT_MODEL which model to use there.')
    if (!URL.canParse(baseURL)) {
      throw new Error('OPENAI_BASE_URL must be a whole address such as http://127.0.0.1:11434/v1.')
    }
    // Servers of this kind seldom have the Responses API, and some want no key.
    const apiKey = environment['OPENAI_API_KEY'] || 'none'
    const model = new ChatOpenAI({ model: name, apiKey, configuration: { baseURL } })
    // Chat Completions takes only text from a tool.
    return { model, label: `${name} at ${new URL(baseURL).host}`, seesPictures: false }
  }
  if (environment['OPENAI_API_KEY']) {
    const model = new ChatOpenAI({ model: name || 'gpt-5.4', useResponsesApi: true })
    return { model, label: `${model.model} of OpenAI`, seesPictures: true }
  }
  if (environment['ANTHROPIC_API_KEY']) {
    const model = new ChatAnthropic({ model: name || 'claude-sonnet-5' })
    return { model, label: `${model.model} of Anthropic`, seesPictures: true }
  }
  if (environment['GOOGLE_API_KEY']) {
    const model = new ChatGoogle({ model: name || 'gemini-flash-latest' })
    return { model, label: `${model.model} of Google`, seesPictures: true }
  }
  return undefined
}
