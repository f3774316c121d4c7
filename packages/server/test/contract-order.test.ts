import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeApi } from '../src/http/openapi/document.ts'
import { type Condition, conditions, fitTogether, under } from './support/contract-conditions.ts'
import { callsOf, failuresOf, requestOf, sendRequest } from './support/contract-requests.ts'
import { ContractWorld } from './support/contract-world.ts'

let world: ContractWorld

beforeAll(async () => {
  world = await ContractWorld.start()
})

afterAll(() => world[Symbol.asyncDispose]())

/** A check, or several of which it does not matter which is the first. */
type Check = string | readonly string[]

/** Before a call is looked at: whose it is, how many there were, whether it can be read. */
const caller: readonly Check[] = [['tokenMissing', 'tokenInvalid'], 'rateLimit', 'invalidHost']
const text: readonly Check[] = ['notJson', 'bodyTooLarge', 'malformedJson']

/** The checks of each call, in their order. */
const orders: Readonly<Record<string, readonly Check[]>> = {
  createSession: [
    ...[...caller, ...text, ['badRequest', 'profileName'], 'keyUsedOtherwise'],
    ...['insufficientCredits', 'concurrencyLimit', 'profileLocked'],
  ],
  listSessions: [...caller, 'badRequest'],
  getSession: [...caller, 'sessionNotFound', 'forbidden'],
  execute: [
    ...[...caller, ...text, ['badRequest', 'missingTask', 'codeTooLong'], 'keyUsedOtherwise'],
    ...['sessionNotFound', 'forbidden', 'sessionDestroyed', 'noModel', 'humanInControl'],
  ],
  deleteSession: [...caller, 'sessionNotFound', 'forbidden'],
  watchSession: [...caller, 'sessionNotFound', 'forbidden', 'sessionDestroyed'],
  getControl: [...caller, 'sessionNotFound', 'forbidden', 'sessionDestroyed'],
  setControl: [
    ...[...caller, ...text, 'badRequest', 'keyUsedOtherwise'],
    ...['sessionNotFound', 'forbidden', 'sessionDestroyed'],
  ],
  listProfiles: caller,
  deleteProfile: [...caller, 'profileName', 'profileBusy'],
  scrape: [
    ...[...caller, ...text, ['badRequest', 'unknownKey'], 'keyUsedOtherwise', 'notCached'],
    ...['insufficientCredits', 'concurrencyLimit', 'addressBlocked'],
  ],
  getScrape: [...caller, 'invalidScrapeId', 'jobNotFound', 'scrapeForbidden'],
  interact: [
    ...[...caller, ...text, 'invalidJobId', ['badRequest', 'missingTask', 'codeTooLong']],
    // Whose a record is that cannot be read, cannot be known.
    ...['keyUsedOtherwise', 'jobNotFound', 'replayUnavailable', 'forbidden', 'sourceNotRetained'],
    // What has ended has no more to be paid, and needs no place.
    ...['sessionDestroyed', 'noModel', 'insufficientCredits', 'concurrencyLimit'],
    ...['profileLocked', 'replayFailed'],
  ],
  stopInteraction: [...caller, 'invalidJobId', 'jobNotFound', 'forbidden', 'sessionNotFound'],
}

const document = describeApi(undefined)
const calls = callsOf(document).filter(({ path }) => path.startsWith('/v2/'))

test('each call with a key has its order', () => {
  const operations = new Set(calls.map(({ operation }) => operation))
  expect(Object.keys(orders).toSorted()).toEqual([...operations].toSorted())
})

test.each(calls.map((call) => [call.name, call] as const))(
  'of two things that are wrong the one that is checked first is answered: %s',
  { timeout: 60_000 },
  async (_name, call) => {
    const described = failuresOf(document, call)
    const wrong: string[] = []
    const pairs = pairsOf(orders[call.operation] ?? [])
    for (const { first, second } of pairs) {
      const expected = described.find(({ failure }) => failure === first)
      const { error: pattern } = conditions[first] as Condition
      const request = requestOf(call, world)
      // A text that cannot be read any more is what everything else has made of it.
      const both = [first, second].toSorted((one) => (one === 'malformedJson' ? 1 : -1))
      const { status, body } = await under(
        both.map((name) => conditions[name] as Condition),
        request,
        world,
        () => sendRequest(request, world),
      )
      const { error, code } = body as { error: string; code?: string }
      const isText = pattern?.test(error) ?? error === expected?.error
      if (status === expected?.status && code === expected.code && isText) continue
      wrong.push(`${first} before ${second}: ${status} ${error}`)
    }
    expect(wrong).toEqual([])
    expect(pairs.length).toBeGreaterThan(2)
  },
)

/** Every two checks of which the first is made before the second, and that can fail at once. */
function pairsOf(order: readonly Check[]): { first: string; second: string }[] {
  return order.flatMap((check, place) =>
    [check].flat().flatMap((first) =>
      order
        .slice(place + 1)
        .flat()
        .filter((second) =>
          fitTogether(conditions[first] as Condition, conditions[second] as Condition),
        )
        .map((second) => ({ first, second })),
    ),
  )
}
