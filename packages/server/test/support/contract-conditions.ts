import type { KeyLimitChanges } from '../../src/keys/key-limits.ts'
import type { ContractRequest } from './contract-requests.ts'
import { ContractWorld } from './contract-world.ts'
import { Operator } from './operator.ts'
import { TestServer } from './test-server.ts'

/** Something about a request, or about the world, for which a call is refused. */
export interface Condition {
  /** What it needs for itself; two that need the same cannot be had at once. */
  parts: readonly string[]
  /** Changes the request. */
  apply?: (request: ContractRequest, world: ContractWorld) => void
  /** Changes the world, and gives what changes it back. */
  arrange?: (world: ContractWorld) => Promise<() => Promise<unknown>>
  /** Of a sentence that says something of the call; else it is as described, word by word. */
  error?: RegExp
}

const unknownId = '01890000-0000-7000-8000-000000000000'

/** The conditions of all checks, by the names that the description has for their failures. */
export const conditions: Readonly<Record<string, Condition>> = {
  tokenMissing: { parts: ['key'], apply: (request) => void (request.key = '') },
  tokenInvalid: { parts: ['key'], apply: (request) => void (request.key = 'td-none-of-this') },
  operatorsOnly: { parts: ['key'], apply: (request) => void (request.key = TestServer.keys[0]) },
  cdpTokenMissing: { parts: ['query'], apply: (request) => void (request.query = '') },
  cdpTokenInvalid: { parts: ['query'], apply: (request) => void (request.query = '?token=wrong') },
  liveTokenInvalid: field('token', 'wrong'),
  uploadTokenInvalid: header('x-upload-token', 'wrong'),
  notBytes: header('content-type', 'text/plain'),
  fileTooLarge: {
    parts: ['body'],
    apply: ({ headers }) => {
      // It is refused by what it says of itself, before it is sent.
      Object.assign(headers, { 'content-length': '3000000000', connection: 'close' })
    },
  },
  rateLimit: {
    parts: ['rate'],
    arrange: limited({ requestsPerMinute: 0 }),
    error:
      /^Rate limit exceeded\. Consumed \(req\/min\): 0, Remaining \(req\/min\): 0\. .* retry after \d+s, resets at \S+Z$/,
  },
  invalidHost: header('host', 'localhost/path'),
  notJson: header('content-type', 'text/plain'),
  bodyTooLarge: field('origin', 'x'.repeat(3_000_000)),
  malformedJson: {
    parts: ['body'],
    // Whatever else is wrong with it: it cannot be read so far.
    apply: (request) => void (request.body = JSON.stringify(request.body).slice(0, -1)),
  },
  invalidJobId: id('jobId', () => '1'),
  invalidScrapeId: id('jobId', () => '1'),
  badRequest: {
    parts: ['body.timeout', 'body.ttl', 'body.mode', 'query'],
    apply: (request) => {
      const wrong = { timeout: 0, ttl: 1, mode: 'sideways', action: 'take', token: '' }
      if (typeof request.body === 'object') Object.assign(request.body, fitting(request, wrong))
      else request.query = '?status=sleeping'
    },
    error: /^Bad Request: \w+: ./,
  },
  unknownKey: field('colour', 'red'),
  missingTask: { parts: ['body.task'], apply: (request) => void (request.body = {}) },
  twoTasks: field('prompt', 'Click the button'),
  codeTooLong: { ...field('code', 'é'.repeat(50_001)), parts: ['body.task'] },
  profileName: {
    parts: ['id', 'body.profile'],
    apply: (request) => {
      const name = 'x'.repeat(129)
      request.ids.name = name
      if (typeof request.body === 'object') request.body['profile'] = { name }
    },
  },
  keyUsedOtherwise: header('idempotency-key', ContractWorld.usedKey),
  sessionNotFound: {
    parts: ['id'],
    // Of a scrape that nobody has gone on with there is none.
    apply: (request) => void (request.ids.sessionId = unknownId),
  },
  jobNotFound: id('jobId', () => unknownId),
  forbidden: {
    parts: ['key'],
    apply: (request) => void (request.key = TestServer.keys[1]),
  },
  scrapeForbidden: {
    parts: ['key'],
    apply: (request) => void (request.key = TestServer.keys[1]),
  },
  sessionDestroyed: {
    parts: ['id'],
    apply: (request, { ended, stopped }) => {
      request.ids.sessionId = ended
      request.ids.jobId = stopped
    },
  },
  replayUnavailable: id('jobId', ({ unreadable }) => unreadable),
  sourceNotRetained: id('jobId', ({ bare }) => bare),
  noModel: {
    parts: ['body.task'],
    apply: (request) => {
      const { code: _code, ...rest } = request.body as Record<string, unknown>
      request.body = { ...rest, prompt: 'Click the button' }
    },
  },
  insufficientCredits: {
    parts: ['credits'],
    arrange: async ({ operator }) => {
      const own = Operator.idOf(TestServer.keys[0])
      await operator.accounts.set(own, 0)
      return () => operator.accounts.set(own, 'unlimited')
    },
    error:
      /^Insufficient credits for a (600s browser session|scrape) \(requires ~(20|1) credits\)\. ./,
  },
  concurrencyLimit: {
    parts: ['sessions'],
    arrange: limited({ sessions: 0 }),
    error:
      /^You have reached the maximum number of concurrent jobs \(0\)\. Please wait for existing jobs to complete or destroy browser sessions before creating new ones\.$/,
  },
  profileLocked: {
    parts: ['id', 'body.profile'],
    apply: (request, { locked }) => {
      request.ids.jobId = locked
      if (typeof request.body === 'object') request.body['profile'] = { name: 'locked' }
    },
  },
  profileBusy: { parts: ['id'], apply: (request) => void (request.ids.name = 'locked') },
  replayFailed: id('jobId', ({ gone }) => gone),
  humanInControl: {
    parts: ['control', 'id'],
    apply: (request, { continued }) => void (request.ids.jobId = continued),
    arrange: async ({ server, living, continued }) => {
      const { body } = await server.api('POST', `/v2/scrape/${continued}/interact`, {
        code: 'true',
        language: 'bash',
      })
      const sessions = [living, String(body['sessionId'])]
      const control = (action: object) =>
        Promise.all(
          sessions.map((each) => server.api('POST', `/v2/interact/${each}/control`, action)),
        )
      await control({ action: 'take', mode: 'refuse' })
      return () => control({ action: 'hand_back' })
    },
  },
  notCached: field('minAge', 1),
  addressBlocked: field('url', 'http://10.0.0.1/'),
  scrapeFailed: {
    parts: ['body.url'],
    apply: (request, { closedUrl }) => void ((request.body as { url: string }).url = closedUrl),
    error: /^127\.0\.0\.1:\d+ refused the connection\.$/,
  },
  scrapeTimeout: {
    parts: ['body.url', 'body.timeout'],
    apply: (request, { site }) => {
      const url = site.serve('/silent', () => {})
      Object.assign(request.body as object, { url, timeout: 1_000 })
    },
  },
}

/** Whether both can be wrong with one request. */
export function fitTogether(one: Condition, other: Condition): boolean {
  const isPartOf = (part: string, whole: string) => part === whole || part.startsWith(`${whole}.`)
  return !one.parts.some((part) =>
    other.parts.some((each) => isPartOf(part, each) || isPartOf(each, part)),
  )
}

/** Has it all be wrong with a request, and the world be as it was afterwards. */
export async function under<Result>(
  wrong: readonly Condition[],
  request: ContractRequest,
  world: ContractWorld,
  task: () => Promise<Result>,
): Promise<Result> {
  const undo: (() => Promise<unknown>)[] = []
  try {
    for (const { apply, arrange } of wrong) {
      apply?.(request, world)
      if (arrange) undo.push(await arrange(world))
    }
    return await task()
  } finally {
    for (const each of undo) await each()
  }
}

/** Of some fields those that the call has. */
function fitting({ call }: ContractRequest, fields: Record<string, unknown>): object {
  const has: Readonly<Record<string, readonly string[]>> = {
    createSession: ['ttl'],
    execute: ['timeout'],
    interact: ['timeout', 'ttl'],
    scrape: ['timeout'],
    setControl: ['mode', 'action'],
    issueTicket: ['token'],
  }
  const own = has[call.operation] ?? []
  return Object.fromEntries(Object.entries(fields).filter(([name]) => own.includes(name)))
}

function header(name: string, value: string): Condition {
  return { parts: [name], apply: (request) => void (request.headers[name] = value) }
}

function field(name: string, value: unknown): Condition {
  return {
    parts: [`body.${name}`],
    apply: (request) => {
      request.body = { ...(request.body as Record<string, unknown>), [name]: value }
    },
  }
}

function id(name: 'sessionId' | 'jobId', value: (world: ContractWorld) => string): Condition {
  return { parts: ['id'], apply: (request, world) => void (request.ids[name] = value(world)) }
}

/** Of both keys, so that it does not matter whose session it is. */
function limited(limits: {
  sessions?: number
  requestsPerMinute?: number
}): NonNullable<Condition['arrange']> {
  const change = async ({ operator }: ContractWorld, each: Partial<KeyLimitChanges>) => {
    for (const key of TestServer.keys) await operator.limits.change(Operator.idOf(key), each)
  }
  const names = Object.keys(limits)
  const none = Object.fromEntries(names.map((name) => [name, 'unlimited' as const]))
  return async (world) => {
    await change(world, limits)
    return () => change(world, none)
  }
}
