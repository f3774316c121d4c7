import type { ToolResult } from '@tandem-browser/core/tools'
import { expect, test } from 'vitest'
import { modelOutputOf } from './model-output.ts'
import { type ExposablePart, outputOf } from './output.ts'

const long = '😀'.repeat(30_000)
const result: ToolResult = {
  status: 'ok',
  text: 'The code ran.',
  images: [],
  artifact: {
    tool: 'executeCode',
    session: { id: 's', liveViewUrl: 'https://live/a', interactiveLiveViewUrl: 'https://live/b' },
    execution: { stdout: long, stderr: '', result: 'x', exitCode: 0, killed: false },
    screenshot: { mimeType: 'image/jpeg', base64: '/9j/' },
  },
}
const sent = (...expose: ExposablePart[]) =>
  JSON.parse(JSON.stringify(outputOf(result, expose).artifact)) as unknown

test('an artifact is whole in the process, and its JSON has only what is exposed', () => {
  const { session, execution, screenshot } = result.artifact
  const { artifact } = outputOf(result, [])
  expect(artifact.session?.interactiveLiveViewUrl).toBe('https://live/b')
  expect(artifact.execution).toEqual(execution)
  expect(artifact.screenshot).toEqual(screenshot)
  const tool = 'executeCode'
  expect(sent()).toEqual({ tool, session: { id: 's' } })
  expect(sent('session')).toEqual({ tool, session })
  expect(sent('screenshot')).toEqual({ tool, session: { id: 's' }, screenshot })
})

test('an execution that is exposed is bounded, and no character is split', () => {
  const { execution } = outputOf(result, ['execution']).artifact
  expect(execution).toMatchObject({ result: 'x', truncated: true })
  expect(execution?.stdout.length).toBeLessThanOrEqual(20_000)
  expect(execution?.stdout.isWellFormed()).toBe(true)
})

test.each([undefined, null, 'text', {}, { status: 'ok', artifact: null, text: 'x' }])(
  'an output that came back as %j is told to be unreadable',
  (output) => {
    expect(modelOutputOf(output as never, 'content')).toMatchObject({ type: 'error-text' })
  },
)
