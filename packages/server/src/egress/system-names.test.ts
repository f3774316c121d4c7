import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { type NameAnswer, NameServer } from '../../test/support/name-server.ts'
import { HostsFile } from './hosts-file.ts'
import { codeOf, SystemNames } from './system-names.ts'

const never = new AbortController().signal

async function serverForTest(answer: (name: string) => NameAnswer): Promise<NameServer> {
  const server = await NameServer.start(answer)
  onTestFinished(() => server[Symbol.asyncDispose]())
  return server
}

test('all addresses of both families', async () => {
  const server = await serverForTest(() => ['93.184.216.34', '2606:4700::1111', '1.1.1.1'])
  const names = new SystemNames({ nameServers: [server.address] })
  const found = await names.resolve('all.example.test', never)
  expect([...found].sort()).toEqual(['1.1.1.1', '2606:4700::1111', '93.184.216.34'])
})

test.each([
  ['93.184.216.34', '1.2.3.4'],
  ['2606:4700::1111', '2606:4700::2222'],
])('one family is enough when the other has nothing: %s', async (...answers) => {
  const server = await serverForTest(() => answers)
  const names = new SystemNames({ nameServers: [server.address] })
  expect(await names.resolve('one.example.test', never)).toEqual(answers)
})

test.each([
  ['unknown', 'ENOTFOUND'],
  [[], 'ENODATA'],
  ['failure', 'ESERVFAIL'],
] as const)('%j is told as %s', async (answer, code) => {
  const server = await serverForTest(() => answer)
  const names = new SystemNames({ nameServers: [server.address] })
  const error: unknown = await names
    .resolve('gone.example.test', never)
    .catch((reason: unknown) => reason)
  expect(codeOf(error)).toBe(code)
})

test('a question that is given up is given up at the name server too', async () => {
  const asked = Promise.withResolvers<void>()
  const server = await serverForTest(() => {
    asked.resolve()
    return 'silence'
  })
  const names = new SystemNames({ nameServers: [server.address] })
  const controller = new AbortController()
  const answer = names.resolve('silent.example.test', controller.signal)
  await asked.promise
  controller.abort(new Error('given up'))
  await expect(answer).rejects.toThrow('given up')
})

test("the machine's own hosts file comes first, and is read again when it changes", async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tandem-hosts-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const path = join(folder, 'hosts')
  await writeFile(
    path,
    '# 9.9.9.9 app\n10.0.0.5\tapp App.Example.Test # here\n::5 app\n\n999.1.1.1 app\n',
  )
  const server = await serverForTest(() => ['93.184.216.34'])
  const names = new SystemNames({ nameServers: [server.address], hosts: new HostsFile(path, 0) })
  expect(await names.resolve('app', never)).toEqual(['10.0.0.5', '::5'])
  expect(await names.resolve('app.example.test', never)).toEqual(['10.0.0.5'])
  expect(server.asked).toEqual([])
  expect(await names.resolve('other.example.test', never)).toEqual(['93.184.216.34'])
  await writeFile(path, '10.0.0.66 app\n')
  expect(await names.resolve('app', never)).toEqual(['10.0.0.66'])
  await rm(path)
  expect(await names.resolve('app', never)).toEqual(['93.184.216.34'])
})

test('what neither the file nor a name server knows, the system is asked for', async () => {
  const names = new SystemNames({ hosts: new HostsFile('/nowhere') })
  // Every system knows this one, with a name server or without.
  expect(await names.resolve('localhost', never)).toContain('127.0.0.1')
})
