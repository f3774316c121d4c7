import type { AddressRule } from './address-ranges.ts'
import type { Target } from './target.ts'

/** Where in a session a connection comes from. */
export type EgressOrigin = 'browser' | 'node' | 'python' | 'bash' | 'agent'

/** The rules of the network policy. */
export type RefusalRule =
  | AddressRule
  | 'own-address'
  | 'server-port'
  | 'mail-port'
  | 'local-name'
  | 'domain-blocked'
  | 'domain-not-allowed'
  | 'browser-service'
  | 'advertising'
  | 'too-many-connections'

/** What can go wrong on the way to a target that no rule forbids. */
export type FailureRule =
  | 'name-not-found'
  | 'name-failure'
  | 'name-timeout'
  | 'connection-refused'
  | 'connection-timeout'
  | 'connection-failure'
  | 'connection-lost'
  | 'answer-timeout'
  | 'invalid-answer'

/** What a client may not ask of a proxy. */
export type RequestRule = 'invalid-target' | 'invalid-request' | 'unsupported-scheme'

/** Why a connection was not made, or did not last. */
export interface EgressProblem {
  readonly kind: 'refused' | 'failed' | 'invalid'
  readonly status: number
  /** Stable: clients read it in `x-tandem-egress`. */
  readonly rule: RefusalRule | FailureRule | RequestRule
  /** `host:port` as far as it could be read. */
  readonly target: string
  /** What happened, whole sentences. */
  readonly sentence: string
  /** What the operator would set to allow it, such as `TANDEM_EGRESS_ALLOW=10.0.0.5:80`. */
  readonly remedy?: string
}

/** A refusal as it is kept and told. */
export interface EgressRefusal extends EgressProblem {
  readonly time: Date
  readonly origin: EgressOrigin
}

export class EgressError extends Error {
  override readonly name = 'EgressError'
  readonly problem: EgressProblem

  constructor(problem: EgressProblem) {
    super(problem.sentence)
    this.problem = problem
  }
}

/** A request that is none for this proxy. */
export function invalid(rule: RequestRule, target: string, sentence: string): EgressProblem {
  return { kind: 'invalid', status: 400, rule, target, sentence }
}

const failures: Readonly<Record<FailureRule, { status: number; text: (host: string) => string }>> =
  {
    'name-not-found': {
      status: 502,
      text: (host) => `The name ${host} does not resolve. Check the address.`,
    },
    'name-failure': {
      status: 502,
      text: (host) =>
        `The name ${host} could not be looked up: the name server gave no usable answer.`,
    },
    'name-timeout': { status: 504, text: (host) => `Looking up the name ${host} took too long.` },
    'connection-refused': { status: 502, text: (host) => `${host} refused the connection.` },
    'connection-timeout': {
      status: 504,
      text: (host) => `${host} did not accept a connection in time.`,
    },
    'connection-failure': { status: 502, text: (host) => `${host} cannot be reached.` },
    'connection-lost': {
      status: 502,
      text: (host) => `The connection to ${host} broke before the answer arrived.`,
    },
    'answer-timeout': { status: 504, text: (host) => `${host} did not answer in time.` },
    'invalid-answer': {
      status: 502,
      text: (host) => `${host} sent an answer that is not valid HTTP.`,
    },
  }

const ofNames: ReadonlySet<FailureRule> = new Set([
  'name-not-found',
  'name-failure',
  'name-timeout',
])

/** A target that no rule forbids, but that could not be reached. */
export function failure(rule: FailureRule, target: Target): EgressProblem {
  const { status, text } = failures[rule]
  const sentence = text(ofNames.has(rule) ? target.host : target.text)
  return { kind: 'failed', status, rule, target: target.text, sentence }
}

/** One line a fact: for a terminal, a log, an error page. */
export function describeRefusal(problem: EgressProblem): string {
  const lines = [problem.sentence]
  if (problem.remedy) lines.push(`The operator of the server can allow it: ${problem.remedy}`)
  lines.push(`(target: ${problem.target}, rule: ${problem.rule})`)
  return lines.join('\n')
}
