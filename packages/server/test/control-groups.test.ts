import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, mkdirSync, readFileSync } from 'node:fs'
import { readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type ControlGroup, removeControlGroup } from '../src/sandbox/control-group.ts'
import { ControlGroups, findDelegation } from '../src/sandbox/control-groups.ts'

/** Where this machine has a cgroup v2 that groups can be made in, whatever they can bound. */
const hierarchy = writableHierarchy()

/** Beside cgroup v1, or where none was handed over, nothing can be bounded. */
const delegation = await findDelegation()
const controllers = 'problem' in delegation ? new Set<string>() : delegation.controllers

const limits = {
  memoryBytes: 64 * 1024 * 1024,
  processes: 20,
  processorWeight: 50,
  endsTogether: true,
}
let folder: string

beforeEach(() => {
  if (hierarchy === undefined) return
  folder = join(hierarchy, `test-${process.pid}`)
  mkdirSync(folder)
})

afterEach(async () => {
  if (hierarchy === undefined) return
  const left = (await readdir(folder)).filter((name) => name.startsWith('tandem-'))
  await writeFile(join(folder, 'cgroup.kill'), '1')
  for (const name of left) await removeControlGroup(join(folder, name))
  await removeControlGroup(folder)
  if (left.length > 0) throw new Error(`Groups were left: ${left.join(', ')}`)
})

function writableHierarchy(): string | undefined {
  const mounts = readFileSync('/proc/self/mounts', 'utf8')
  const path = /^\S+ (\S+) cgroup2 /m.exec(mounts)?.[1]
  try {
    if (path !== undefined) accessSync(join(path, 'cgroup.procs'), constants.W_OK)
    return path
  } catch {
    return undefined
  }
}

/** Starts a shell command in a group, and gives its exit. */
function run(group: ControlGroup, command: string): { exited: Promise<unknown[]> } {
  const script = 'echo 0 >"$0" && exec "$@"'
  const child = spawn('/bin/sh', ['-c', script, group.joinFile, '/bin/sh', '-c', command])
  return { exited: once(child, 'exit') }
}

async function membersOf(group: ControlGroup): Promise<number> {
  return (await readFile(group.joinFile, 'utf8')).split('\n').filter(Boolean).length
}

describe.skipIf(hierarchy === undefined)('with a cgroup v2 of any kind', () => {
  test('a group ends all that is in it at once, and is gone', async () => {
    const groups = await ControlGroups.in(folder, 'a', new Set())
    const group = groups.create(limits)
    // Three of them have left their parent, their group and their session.
    const { exited } = run(group, 'for i in 1 2 3; do setsid -f sleep 600; done; exec sleep 600')
    await expect.poll(() => membersOf(group)).toBe(4)
    group.kill()
    expect(await exited).toEqual([null, 'SIGKILL'])
    await group.remove()
    expect(group.overrun).toBeUndefined()
  })

  test('what a killed server has left is ended and removed by the next, and nothing else', async () => {
    const killed = (await ControlGroups.in(folder, 'a', new Set())).create(limits)
    const other = (await ControlGroups.in(folder, 'b', new Set())).create(limits)
    const left = run(killed, 'exec sleep 600')
    const kept = run(other, 'exec sleep 600')
    await expect.poll(async () => [await membersOf(killed), await membersOf(other)]).toEqual([1, 1])
    await ControlGroups.in(folder, 'a', new Set())
    expect(await left.exited).toEqual([null, 'SIGKILL'])
    expect(await readdir(folder)).toContain('tandem-b-1')
    expect(await membersOf(other)).toBe(1)
    other.kill()
    await kept.exited
    await other.remove()
  })
})

describe.skipIf(controllers.size === 0)('with a control group that was handed over', () => {
  test('too much memory ends all of a group, which says so', async () => {
    const groups = (await ControlGroups.open(`test-${process.pid}`)) as ControlGroups
    const group = groups.create(limits)
    const { exited } = run(group, 'sleep 600 & head -c 256M /dev/zero | tail')
    expect(await exited).toEqual([null, 'SIGKILL'])
    const overrun = { resource: 'memory', detail: expect.stringContaining('the limit is 64 MB') }
    expect(group.overrun).toMatchObject(overrun)
    await group.remove()
    expect(group.overrun).toMatchObject(overrun)
  })

  test('too many processes cannot be started', async () => {
    const groups = (await ControlGroups.open(`test-${process.pid}`)) as ControlGroups
    const group = groups.create(limits)
    const { exited } = run(group, 'for i in $(seq 40); do sleep 600 & done; wait')
    // A shell ends when it cannot fork.
    expect(await exited).not.toEqual([0, null])
    expect(await membersOf(group)).toBeLessThanOrEqual(limits.processes)
    group.kill()
    await group.remove()
  })
})
