import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Engine, EngineError } from '../browser/engine.ts'
import { probeLaunch } from '../browser/launch-probe.ts'
import type { Config } from '../config.ts'
import { BubblewrapIsolation } from '../sandbox/bubblewrap-isolation.ts'
import type { Isolation } from '../sandbox/isolation.ts'
import { NoIsolation } from '../sandbox/no-isolation.ts'
import type { IsolationReport } from '../sandbox/probe-isolation.ts'
import { viewSystem } from '../sandbox/system-view.ts'
import type { EnginePreparation } from './engine-preparation.ts'
import { type Observation, failure, ok, skipped, warning } from './finding.ts'
import type { Probe } from './probe.ts'

/** Longer than the deadlines of an engine that is unpacked and tried on a slow disk. */
const deadline = 60_000

/** The browser by itself, and started as the server starts it. */
export function browserProbes(
  { isolation }: Pick<Config, 'isolation'>,
  probed: Promise<IsolationReport>,
  { result }: EnginePreparation,
): Probe[] {
  return [
    {
      id: 'browser',
      title: 'browser',
      essential: true,
      deadline,
      async examine() {
        const found = await result
        if ('problem' in found) return describeEngineProblem(found.problem)
        const { kind, version, executablePath } = found.engine
        return ok(`${kind} ${version}, ${executablePath}`)
      },
    },
    {
      id: 'browser-start',
      title: 'browser start',
      essential: true,
      deadline,
      async examine() {
        const found = await result
        if ('problem' in found) return skipped('not tried, because there is no browser')
        const { bubblewrap, sandbox } = await probed
        if (isolation === 'none') return tryLaunch(found.engine)
        if (!sandbox || !bubblewrap) return skipped('not tried, because there is no sandbox')
        return tryLaunch(found.engine, bubblewrap.path)
      },
    },
  ]
}

/** The engine's own sentences end with the command that helps, if there is one. */
function describeEngineProblem(problem: string): Observation {
  const at = /(?:On Debian or Ubuntu: )(apt-get install .*)$/.exec(problem)
  if (!at) return failure(problem)
  return failure(problem.slice(0, at.index).trim(), 'On Debian or Ubuntu:', `    ${at[1]}`)
}

async function tryLaunch(engine: Engine, bwrap?: string): Promise<Observation> {
  const folder = await mkdtemp(join(tmpdir(), 'tandem-doctor-'))
  try {
    const owner = `doctor-${randomUUID()}`
    const isolation: Isolation =
      bwrap === undefined
        ? new NoIsolation(owner)
        : new BubblewrapIsolation({
            owner,
            bwrap,
            system: await viewSystem(join(folder, 'system')),
          })
    const startedAt = performance.now()
    const { chromiumSandbox, sandboxFailure } = await probeLaunch(engine, isolation, folder)
    const milliseconds = Math.round(performance.now() - startedAt)
    const where = isolation.name === 'none' ? 'without isolation' : 'in a sandbox'
    const summary = `a page answers after ${milliseconds} ms ${where}`
    if (chromiumSandbox) return ok(`${summary}, with Chromium's own sandbox on as well`)
    const reason = sandboxFailure ?? 'Chromium has none when root starts it.'
    return warning(
      `${summary}, but Chromium's own sandbox is off`,
      reason.split('\n')[0] ?? '',
      ...(sandboxFailure === undefined ? ['Start the server as an ordinary user.'] : []),
    )
  } catch (error) {
    if (error instanceof EngineError) {
      const [first = '', ...said] = error.message.split('\n')
      return failure(first, ...said)
    }
    throw error
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
