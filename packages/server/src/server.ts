import { createHash } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type Logger, pino } from 'pino'
import { defaultCacheDirectory } from './browser/engine-cache.ts'
import { findEngine } from './browser/engine.ts'
import { probeLaunch } from './browser/launch-probe.ts'
import { type Config, type ServerOptions, resolveConfig } from './config.ts'
import { countResources } from './debug-counters.ts'
import { createApp } from './http/app.ts'
import { ServerMetrics } from './http/server-metrics.ts'
import { ApiKeys } from './keys/api-keys.ts'
import { CreditAccounts } from './keys/credit-accounts.ts'
import { KeyLimitStore } from './keys/key-limits.ts'
import { compileNodeProgram } from './kernels/compile-node-program.ts'
import { EgressGateway } from './egress/gateway.ts'
import { SystemNames } from './egress/system-names.ts'
import { ProfileFolder } from './profiles/profile-folder.ts'
import { Profiles } from './profiles/profiles.ts'
import { BubblewrapIsolation } from './sandbox/bubblewrap-isolation.ts'
import { ControlGroups } from './sandbox/control-groups.ts'
import type { Isolation } from './sandbox/isolation.ts'
import { NoIsolation } from './sandbox/no-isolation.ts'
import { requireIsolation } from './sandbox/probe-isolation.ts'
import { ResourceMonitor } from './sandbox/resource-monitor.ts'
import { sessionLimits } from './sandbox/session-limits.ts'
import { viewSystem } from './sandbox/system-view.ts'
import { requireHidden } from './sandbox/visible-folder.ts'
import { ReplayContexts } from './scrape/replay-contexts.ts'
import { ScrapeResults } from './scrape/scrape-results.ts'
import { ScrapeService } from './scrape/scrape-service.ts'
import { poolBounds } from './sessions/pool-size.ts'
import { Heartbeat } from './sessions/heartbeat.ts'
import { SessionBilling } from './sessions/session-billing.ts'
import { SessionFactory } from './sessions/session-factory.ts'
import { SessionPool } from './sessions/session-pool.ts'
import { SessionRecords } from './sessions/session-records.ts'
import { SessionRegistry } from './sessions/session-registry.ts'
import { sweepSessions } from './sessions/sweep-sessions.ts'
import { DataDirectoryLock } from './store/data-directory-lock.ts'
import { KeptAnswers } from './store/kept-answers.ts'
import { loadEncryptionKey } from './store/encryption-key.ts'
import { SealedStore } from './store/sealed-store.ts'
import { SqliteStore } from './store/sqlite-store.ts'
import { Teardown } from './teardown.ts'
import { version } from './version.ts'

/** A server that listens. */
export interface RunningServer extends AsyncDisposable {
  /** Where it listens, such as `http://127.0.0.1:3210`. */
  readonly url: string
  /** How its browsers and kernels are kept apart from the machine. */
  readonly isolation: string
  /** Ends every session and stops listening. May be called again. */
  close(): Promise<void>
}

/**
 * Starts a server.
 *
 * @throws ConfigError for options that are wrong, EngineError when there is no
 *   browser, IsolationError when browsers cannot be kept apart from this machine, StoreError when the data folder cannot be used, and the error of
 *   the operating system when the address is taken.
 */
export async function startServer(options: ServerOptions | Config = {}): Promise<RunningServer> {
  const config = resolveConfig(options)
  const log = pino({ level: config.logLevel, base: logBase(config) })
  const teardown = new Teardown()
  try {
    return await assemble(config, log, teardown)
  } catch (error) {
    await teardown.run()
    throw error
  }
}

async function assemble(config: Config, log: Logger, teardown: Teardown): Promise<RunningServer> {
  if (config.isolation !== 'none') await requireHidden(config.dataDirectory)
  const lock = DataDirectoryLock.acquire(config.dataDirectory)
  teardown.add(() => lock[Symbol.dispose]())
  const store = await SqliteStore.open(config.dataDirectory)
  teardown.add(() => store.close())
  const encryptionKey = await loadEncryptionKey(config.dataDirectory)
  const sealed = new SealedStore(store, encryptionKey)
  const profiles = new Profiles({
    folder: await ProfileFolder.open(join(config.dataDirectory, 'profiles'), encryptionKey),
    maximumBytes: config.profileSize * 1024 * 1024,
    log,
  })

  // One data folder has one server at a time, so the folder names the server.
  const owner = createHash('sha256').update(config.dataDirectory).digest('hex').slice(0, 16)
  // Neither waits for the other, and both have ended when the failure of one is told.
  const probes = [
    findEngine({ executable: config.chromium }),
    openIsolation(config, owner),
  ] as const
  await Promise.allSettled(probes)
  const [engine, isolation] = await Promise.all(probes)
  const directory = join(config.dataDirectory, 'sessions')
  await sweepSessions(owner, directory)
  const trials = [
    probeLaunch(engine, isolation, directory),
    compileNodeProgram({ isolation, directory, cacheDirectory: defaultCacheDirectory() }),
  ] as const
  const [, compilation] = await Promise.allSettled(trials)
  const { chromiumSandbox, sandboxFailure } = await trials[0]
  if (sandboxFailure !== undefined) {
    log.warn({ reason: sandboxFailure }, 'Chromium runs without its own sandbox on this machine')
  }
  if (compilation.status === 'rejected') {
    log.warn({ err: compilation.reason as Error }, 'kernels start more slowly than they could')
  }
  const metrics = new ServerMetrics(() => registry.counters)
  const egress = new EgressGateway({
    onRefusal: ({ rule }) => metrics.refused(rule),
    rules: {
      allow: config.egressAllow,
      allowDomains: config.egressAllowDomains,
      blockDomains: config.egressBlockDomains,
    },
    ...(config.egressNameServers.length === 0
      ? {}
      : { resolve: new SystemNames({ nameServers: config.egressNameServers }).resolve }),
    log,
  })
  teardown.add(() => egress.close())
  const limits = sessionLimits(config)
  const monitor = new ResourceMonitor({
    limits,
    onError: (error) => log.error({ err: error }, 'could not see what sessions use'),
  })
  const factory = new SessionFactory({
    engine,
    isolation,
    chromiumSandbox,
    directory,
    egress,
    python: config,
    compiledProgram: compilation.status === 'fulfilled' ? compilation.value : undefined,
    limits,
    monitor,
  })
  const records = new SessionRecords(store)
  const accounts = new CreditAccounts(store)
  const billing = new SessionBilling(accounts)
  const abandoned = await records.endAbandoned(await Heartbeat.last(store))
  await billing.settleAbandoned(records)
  if (abandoned > 0) log.warn({ sessions: abandoned }, 'ended the sessions of a killed server')

  const { maxSessions } = config
  const pool = new SessionPool({
    make: (sessionId, signal, profile) => factory.make(sessionId, signal, profile),
    bounds: poolBounds(config.poolSize, maxSessions),
    log,
  })
  const keyLimits = new KeyLimitStore(store)
  pool.metrics.hits.onAdd = (duration) => metrics.claimed('hit', duration)
  pool.metrics.misses.onAdd = (duration) => metrics.claimed('miss', duration)
  const registry = new SessionRegistry({
    pool,
    records,
    billing,
    keyLimits,
    profiles,
    maxSessions,
    keepFor: config.scrapeKeep * 1_000,
    log,
    observer: metrics,
  })
  const heartbeat = new Heartbeat(store, () => registry.counters.sessions > 0)
  teardown.add(() => heartbeat[Symbol.dispose]())
  let stopping = false
  const app = createApp({
    keys: new ApiKeys(store, config.apiKeys),
    keyLimits,
    registry,
    profiles,
    keptAnswers: await KeptAnswers.open(sealed),
    scrapes: new ScrapeService({
      ...{ registry, accounts },
      contexts: new ReplayContexts(sealed),
      results: new ScrapeResults(sealed),
    }),
    publicUrl: config.publicUrl,
    operatorKeys: config.operatorKeys,
    metrics,
    counters: () => countResources({ owner, directory, registry, egress }),
    frameAncestors: config.liveFrameAncestors,
    health: () => {
      const { sessions: active, starting, kept, pool: unused } = registry.counters
      return {
        status: stopping ? 'stopping' : 'ok',
        version,
        isolation: isolation.name,
        chromiumSandbox,
        engine: { kind: engine.kind, version: engine.version },
        sessions: { active, starting, kept, limit: maxSessions },
        pool: unused,
      }
    },
    log,
  })
  teardown.add(() => app.close())
  // Before the listener goes: requests that still wait are answered with the end of their session.
  teardown.add(() => registry.close('server_shutdown'))
  await app.listen({ host: config.host, port: config.port })
  const address = app.server.address() as AddressInfo
  egress.protectPort(address.port)
  registry.warmUp()
  if (isolation.name === 'none') {
    log.warn('no isolation: sessions can reach this machine')
  }

  const close = (): Promise<void> => {
    stopping = true
    return teardown.run()
  }
  return {
    url: urlOf(address),
    isolation: isolation.name,
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** In every line of the log: that there is no isolation must not be overlooked. */
function logBase({ isolation }: Config): { isolation: 'none' } | null {
  return isolation === 'none' ? { isolation } : null
}

/** @throws IsolationError when this machine cannot isolate. */
async function openIsolation(config: Config, owner: string): Promise<Isolation> {
  if (config.isolation === 'none') return new NoIsolation(owner)
  const { path: bwrap } = await requireIsolation({ bwrap: config.bwrap })
  const system = await viewSystem(join(config.dataDirectory, 'sandbox'))
  const controlGroups = await ControlGroups.open(owner)
  return new BubblewrapIsolation({ owner, bwrap, system, controlGroups })
}

function urlOf({ address, family, port }: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`
}
