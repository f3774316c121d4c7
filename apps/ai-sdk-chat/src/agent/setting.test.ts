import { expect, test } from 'vitest'
import { readSetting } from './setting.ts'

test.each([
  [{}, 'Scripted model', true],
  [{ OPENAI_API_KEY: 'k' }, 'gpt-5.4 of OpenAI', false],
  [{ ANTHROPIC_API_KEY: 'k', AGENT_MODEL: 'claude-x' }, 'claude-x of Anthropic', false],
  [{ GOOGLE_API_KEY: 'k' }, 'gemini-flash-latest of Google', false],
  [
    { OPENAI_BASE_URL: 'http://127.0.0.1:11434/v1', AGENT_MODEL: 'qwen' },
    'qwen at 127.0.0.1:11434',
    false,
  ],
])('the environment %j chooses the model', (environment, modelLabel, isScripted) => {
  expect(readSetting(environment)).toMatchObject({ modelLabel, isScripted })
})

test.each([
  [{ OPENAI_BASE_URL: 'http://127.0.0.1:11434/v1' }, /AGENT_MODEL/],
  [{ OPENAI_BASE_URL: 'localhost', AGENT_MODEL: 'qwen' }, /whole address such as/],
])('the environment %j is a problem that the page tells', (environment, problem) => {
  expect(readSetting(environment).problem).toMatch(problem)
})
