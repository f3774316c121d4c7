import type { ExecuteResponse } from '@tandem-browser/core'
import { expect, onTestFinished, test } from 'vitest'
import { findAgentBrowser } from '../src/kernels/agent-browser.ts'
import { TestServer } from './support/test-server.ts'

test('without a program for the machine bash runs, and agent-browser says what to do', async () => {
  const server = await TestServer.forTest()
  const { id } = await server.createSession()
  const architecture = Object.getOwnPropertyDescriptor(process, 'arch') as PropertyDescriptor
  Object.defineProperty(process, 'arch', { ...architecture, value: 'pdp11' })
  onTestFinished(() => void Object.defineProperty(process, 'arch', architecture))
  expect(await findAgentBrowser()).toEqual({
    problem: expect.stringMatching(/^agent-browser \d+\.\d+\.\d+ has no program for \w+-pdp11\.$/),
    fix: expect.stringContaining('https://github.com/vercel-labs/agent-browser'),
  })
  const { body } = await server.api<ExecuteResponse>('POST', `/v2/interact/${id}/execute`, {
    code: 'agent-browser open https://example.com; echo "exit code $?"',
    language: 'bash',
  })
  expect(body).toMatchObject({
    stdout: 'exit code 127\n',
    stderr: expect.stringMatching(/^agent-browser is not on this server\..* npm install agent-/),
  })
})
