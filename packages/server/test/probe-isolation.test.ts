import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { assert, describe, expect, onTestFinished, test, vi } from 'vitest'
import { IsolationError } from '../src/sandbox/isolation-error.ts'
import { probeIsolation, requireIsolation } from '../src/sandbox/probe-isolation.ts'
import { bwrapScript, failingBwrap } from './support/bwrap-script.ts'
import { isolationAvailable } from './support/isolation.ts'

describe.skipIf(!isolationAvailable)('where sandboxes can be made', () => {
  test('one is made, apart from the machine in everything', async () => {
    const { bubblewrap, sandbox, problem } = await probeIsolation()
    expect(problem).toBeUndefined()
    assert(bubblewrap && sandbox)
    expect(bubblewrap.version).toMatch(/^\d+\.\d+/)
    expect(sandbox.shared).toEqual([])
    for (const name of ['user', 'mnt', 'pid', 'ipc', 'uts', 'net']) {
      expect(sandbox.namespaces).toContain(name)
    }
    expect(sandbox.userId).not.toBe(0)
    expect(await requireIsolation()).toEqual(bubblewrap)
  })

  test('nothing is left of it', async () => {
    const folder = await mkdtemp(`${tmpdir()}/tandem-probes-`)
    onTestFinished(() => rm(folder, { recursive: true }))
    const failing = await failingBwrap('no')
    vi.stubEnv('TMPDIR', folder)
    onTestFinished(() => void vi.unstubAllEnvs())
    await probeIsolation()
    await probeIsolation({ bwrap: failing })
    expect(await readdir(folder)).toEqual([])
  })

  test.each([
    ['--unshare-net', /the net namespace.*the loopback interface/],
    ['--unshare-ipc', /the ipc namespace/],
    ['--unshare-uts', /the uts namespace/],
  ])('a bubblewrap that leaves out %s is found out', async (option, shared) => {
    const { bubblewrap: real } = await probeIsolation()
    assert(real)
    const bwrap = await bwrapScript(
      `for argument do
         shift
         case "$argument" in
         ${option}) ;;
         # Which goes with a namespace of its own only.
         --hostname) set -- "$@" --setenv NAME ;;
         *) set -- "$@" "$argument" ;;
         esac
       done
       exec '${real.path}' "$@"`,
    )
    const { problem, sandbox } = await probeIsolation({ bwrap })
    expect(sandbox).toBeUndefined()
    expect(problem?.reason).toBe('not-isolated')
    expect(problem?.sentence).toMatch(shared)
  })
})

describe.skipIf(process.platform !== 'linux')('what keeps sandboxes from being made', () => {
  test('a bubblewrap that fails is quoted, in an error that says how to start without', async () => {
    const bwrap = await failingBwrap('bwrap: something that nobody has seen before')
    const { problem } = await probeIsolation({ bwrap })
    expect(problem?.sentence).toContain('something that nobody has seen before')
    const error = await requireIsolation({ bwrap }).catch((thrown: unknown) => thrown)
    assert(error instanceof IsolationError)
    expect(error.message).toContain('something that nobody has seen before')
    expect(error.message).toContain('tandem doctor')
    expect(error.message).toContain('TANDEM_ISOLATION=none')
  })

  test('one without --size is too old', async () => {
    const { problem } = await probeIsolation({ bwrap: await failingBwrap('', '0.4.1') })
    expect(problem?.reason).toBe('bubblewrap-too-old')
    expect(problem?.sentence).toMatch(/is bubblewrap 0\.4\.1; 0\.6\.0 or later is needed/)
  })

  test.each([
    ['echo coreutils 9.1', /does not answer --version as bubblewrap does/],
    ['echo libcap.so.2: cannot open shared object file >&2; exit 127', /libcap\.so\.2/],
    ['exit 3', /--version ended with 3/],
  ])('a program that is none: %s', async (body, sentence) => {
    const { problem } = await probeIsolation({ bwrap: await bwrapScript(body) })
    expect(problem?.reason).toBe('bubblewrap-not-usable')
    expect(problem?.sentence).toMatch(sentence)
  })

  test('a path where there is none is not replaced by another', async () => {
    const { problem } = await probeIsolation({ bwrap: '/nowhere/bwrap' })
    expect(problem?.reason).toBe('bubblewrap-not-usable')
    expect(problem?.sentence).toContain('/nowhere/bwrap')
  })
})
