import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { ComparisonFailure } from './comparison-failure.ts'
import { InstalledSubject } from './installed-subject.ts'
import { TimeLimit } from './time-limit.ts'

async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tandem-compare-test-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

test('a package that the registry does not have ends the comparison with its name', async () => {
  const registry = createServer((_, response) => {
    response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":"not found"}')
  }).listen(0, '127.0.0.1')
  await once(registry, 'listening')
  onTestFinished(() => void registry.close())
  const folder = await emptyFolder()
  const { port } = registry.address() as AddressInfo
  vi.stubEnv('npm_config_registry', `http://127.0.0.1:${port}/`)
  vi.stubEnv('npm_config_cache', join(folder, 'cache'))
  onTestFinished(() => void vi.unstubAllEnvs())

  const subject = { name: 'nowhere', version: '1.2.3', beside: { name: 'frame', version: '4.5.6' } }
  const place = join(folder, 'project')
  const failure: unknown = await InstalledSubject.install(
    subject,
    place,
    [],
    new TimeLimit(1),
  ).catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(ComparisonFailure)
  expect(String(failure)).toMatch(
    /nowhere 1\.2\.3 with frame 4\.5\.6 cannot be had from the registry/,
  )
  expect(String(failure)).toMatch(/404/)
})

test('a package of this repository has to be packed', async () => {
  const place = await emptyFolder()
  const install = InstalledSubject.install(
    { name: '@tandem-browser/none' },
    place,
    [],
    new TimeLimit(1),
  )
  await expect(install).rejects.toThrow(/none of the packages of this repository/)
})

test('what takes too long is stopped, and the limit is for all of it', async () => {
  const cwd = await emptyFolder()
  const endless = ['--eval', 'setInterval(() => {}, 1000)']
  const { execPath } = process
  await expect(new TimeLimit(1).run(execPath, endless, { cwd, seconds: 1 })).rejects.toThrow(
    /was stopped: it took longer than 1 s/,
  )
  await expect(new TimeLimit(0.01).run(execPath, endless, { cwd, seconds: 60 })).rejects.toThrow(
    /was stopped: the comparison took longer/,
  )
})
