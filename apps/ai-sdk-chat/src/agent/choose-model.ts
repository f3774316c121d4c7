import { createAnthropic } from '@ai-sdk/anthropic'
import { createGoogle } from '@ai-sdk/google'
import { createOpenAI } from '@ai-sdk/openai'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import type { LanguageModel } from 'ai'

export interface ChosenModel {
  model: LanguageModel
  /** For people: which one it is, and where it comes from. */
  label: string
  /** Whether a picture may be in the answer of a tool. */
  seesPictures: boolean
}

/**
 * The model that the environment has a key or an address for, if there is one.
 *
 * @throws when the environment says too little, in words for whoever set it
 */
export function chooseModel(environment: NodeJS.ProcessEnv): ChosenModel | undefined {
  const { AGENT_MODEL: name, OPENAI_BASE_URL: baseURL } = environment
  if (baseURL) {
    if (!name)
      throw new Error('OPENAI_BASE_URL is set: say in AGENT_MODEL which model to use there.')
    if (!URL.canParse(baseURL)) {
      throw new Error('OPENAI_BASE_URL must be a whole address such as http://127.0.0.1:11434/v1.')
    }
    const { host } = new URL(baseURL)
    const apiKey = environment['OPENAI_API_KEY']
    const provider = createOpenAICompatible({ name: host, baseURL, ...(apiKey && { apiKey }) })
    // Chat Completions takes only text from a tool.
    return { model: provider(name), label: `${name} at ${host}`, seesPictures: false }
  }
  const { OPENAI_API_KEY, ANTHROPIC_API_KEY, GOOGLE_API_KEY } = environment
  if (OPENAI_API_KEY) {
    const id = name || 'gpt-5.4'
    const model = createOpenAI({ apiKey: OPENAI_API_KEY })(id)
    return { model, label: `${id} of OpenAI`, seesPictures: true }
  }
  if (ANTHROPIC_API_KEY) {
    const id = name || 'claude-sonnet-5'
    const model = createAnthropic({ apiKey: ANTHROPIC_API_KEY })(id)
    return { model, label: `${id} of Anthropic`, seesPictures: true }
  }
  if (GOOGLE_API_KEY) {
    const id = name || 'gemini-flash-latest'
    const model = createGoogle({ apiKey: GOOGLE_API_KEY })(id)
    return { model, label: `${id} of Google`, seesPictures: true }
  }
  return undefined
}
