import type { EndReason, Language } from '@tandem-browser/core'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { ExecutionOutcome } from '../sessions/session.ts'
import type { SessionCounters } from '../sessions/session-counters.ts'

/** Seconds. Calls end in milliseconds, executions and scrapes in up to five minutes. */
const buckets = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300]

const endReasons = [
  'released',
  'ttl',
  'idle',
  'crashed',
  'out_of_memory',
  'out_of_disk',
  'server_shutdown',
  'node_lost',
] as const satisfies EndReason[]

/**
 * What a monitoring system asks for, in the format of Prometheus. No label
 * comes from what a client sends: their number is bounded.
 */
export class ServerMetrics {
  readonly #registry = new Registry()
  readonly #requests = this.#histogram('tandem_http_request_duration_seconds', {
    help: 'Requests, from their head to the end of the answer.',
    labelNames: ['method', 'route', 'status'],
  })
  readonly #claims = this.#histogram('tandem_session_claim_duration_seconds', {
    help: 'From the asking for a session to having it, by whether one was ready (hit) or not (miss).',
    labelNames: ['pool'],
  })
  readonly #executions = this.#histogram('tandem_execution_duration_seconds', {
    help: 'Executions, the waiting for their turn included, by language and outcome.',
    labelNames: ['language', 'outcome'],
  })
  readonly #ends = this.#counter('tandem_sessions_ended_total', {
    help: 'Sessions that ended, by reason.',
    labelNames: ['reason'],
  })
  readonly #refusals = this.#counter('tandem_egress_refusals_total', {
    help: 'Targets that the network policy refused, by rule.',
    labelNames: ['rule'],
  })
  readonly #credits = this.#counter('tandem_credits_billed_total', {
    help: 'Credits billed for sessions.',
    labelNames: [],
  })

  /** @param counters Asked at each collection. */
  constructor(counters: () => SessionCounters) {
    for (const reason of endReasons) this.#ends.inc({ reason }, 0)
    this.#gauge('tandem_sessions', 'Sessions, by state.', ['state'], (gauge) => {
      const { sessions, starting, kept, closing, pool } = counters()
      const states = {
        active: sessions,
        starting,
        kept,
        closing,
        ready: pool.ready,
        warming: pool.starting,
      }
      for (const [state, count] of Object.entries(states)) gauge.set({ state }, count)
    })
    this.#gauge('tandem_cdp_clients', 'CDP clients, kernels among them.', [], (gauge) => {
      gauge.set(counters().cdpClients)
    })
    this.#gauge('tandem_executions', 'Executions that run or wait.', [], (gauge) => {
      gauge.set(counters().executions)
    })
    const startedAt = Date.now() / 1000 - process.uptime()
    this.#gauge('process_start_time_seconds', 'When the server began.', [], (gauge) => {
      gauge.set(startedAt)
    })
    this.#gauge('process_resident_memory_bytes', 'Memory of the server alone.', [], (gauge) => {
      gauge.set(process.memoryUsage.rss())
    })
    this.#gauge('process_cpu_seconds_total', 'Processor time of the server alone.', [], (gauge) => {
      const { user, system } = process.cpuUsage()
      gauge.set((user + system) / 1e6)
    })
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  async text(): Promise<string> {
    return this.#registry.metrics()
  }

  /** @param request.route As it is declared, never as it was asked for. */
  answered(request: {
    method: string
    route: string | undefined
    status: number
    ms: number
  }): void {
    // What fits no route may have any method, and a scanner tries them all.
    const { method, route } =
      request.route === undefined
        ? { method: 'any', route: 'none' }
        : (request as { method: string; route: string })
    this.#requests.observe({ method, route, status: request.status }, request.ms / 1000)
  }

  claimed(pool: 'hit' | 'miss', ms: number): void {
    this.#claims.observe({ pool }, ms / 1000)
  }

  executed(language: Language, outcome: ExecutionOutcome, ms: number): void {
    this.#executions.observe({ language, outcome }, ms / 1000)
  }

  ended(reason: EndReason, credits: number): void {
    this.#ends.inc({ reason })
    this.#credits.inc(credits)
  }

  refused(rule: string): void {
    this.#refusals.inc({ rule })
  }

  #histogram<Label extends string>(
    name: string,
    { help, labelNames }: { help: string; labelNames: Label[] },
  ): Histogram<Label> {
    return new Histogram({ name, help, labelNames, buckets, registers: [this.#registry] })
  }

  #counter<Label extends string>(
    name: string,
    { help, labelNames }: { help: string; labelNames: Label[] },
  ): Counter<Label> {
    return new Counter({ name, help, labelNames, registers: [this.#registry] })
  }

  #gauge<Label extends string>(
    name: string,
    help: string,
    labelNames: Label[],
    collect: (gauge: Gauge<Label>) => void,
  ): void {
    const gauge: Gauge<Label> = new Gauge({
      name,
      help,
      labelNames,
      registers: [this.#registry],
      collect: () => collect(gauge),
    })
  }
}
