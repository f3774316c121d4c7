import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { sweepSessions } from './sweep-sessions.ts'

test('what a killed server left of its sessions goes, and nothing else', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tandem-sweep-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const directory = join(folder, 'sessions')
  const left = join(directory, '01890000-0000-7000-8000-000000000000', 'profile')
  await mkdir(left, { recursive: true })
  await writeFile(join(left, 'Cookies'), '')
  await mkdir(join(directory, 'photos'))
  await writeFile(join(directory, 'notes.txt'), '')
  await sweepSessions('nobody', directory)
  expect(await readdir(directory)).toEqual(['notes.txt', 'photos'])
})
