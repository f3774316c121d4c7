import type { Benchmark } from '../benchmark.ts'
import { pairOptions } from '../benchmark.ts'
import { number } from '../report/format.ts'
import { type Row, pairedRow } from '../report/row.ts'
import { samplePairs, timed } from '../sampling/paired-samples.ts'
import { median } from '../sampling/statistics.ts'
import { launchWithPort } from '../subjects/debugging-port.ts'
import { RawCdp } from '../subjects/raw-cdp.ts'

/** Milliseconds that a call may take longer through the server. */
const goal = 0.2

/** The way through the server: the same call over a WebSocket, with and without Tandem between. */
export const cdpCall: Benchmark = {
  name: 'cdp',
  async run(context) {
    const { engine, server, signal } = context
    const direct = await launchWithPort(engine)
    try {
      const session = await server.tandem.sessions.create({ signal })
      try {
        // What is made in the background is over then; a call during that is not the usual call.
        await session.execute('0')
        await server.untilWarm(signal)
        const [through, past] = await connectBoth(session.cdpUrl, direct.cdpUrl)
        try {
          return await compare(context, through, past)
        } finally {
          await Promise.all([through.close(), past.close()])
        }
      } finally {
        await session.delete()
      }
    } finally {
      await direct.close()
    }
  },
}

async function connectBoth(through: string, past: string): Promise<[RawCdp, RawCdp]> {
  const first = await RawCdp.connect(through)
  try {
    return [first, await RawCdp.connect(past)]
  } catch (error) {
    await first.close()
    throw error
  }
}

async function compare(
  context: Parameters<Benchmark['run']>[0],
  through: RawCdp,
  past: RawCdp,
): Promise<Row[]> {
  const pages = { through: await through.attachToPage(), past: await past.attachToPage() }
  const calls = [
    { method: 'Browser.getVersion', parameters: {}, inPage: false },
    { method: 'Runtime.evaluate', parameters: { expression: '1 + 1' }, inPage: true },
  ]
  const rows: Row[] = []
  for (const { method, parameters, inPage } of calls) {
    const call = (client: RawCdp, page: string) => () =>
      timed(() => client.send(method, parameters, inPage ? page : undefined))
    const pairs = await samplePairs(
      { tandem: call(through, pages.through), playwright: call(past, pages.past) },
      pairOptions(context, { samples: 1_000, seconds: 6, warmups: 300 }),
    )
    const added = median(pairs.map((pair) => pair.tandem - pair.playwright))
    const row = pairedRow({
      what: `CDP call \`${method}\``,
      baseline: 'raw WebSocket to the debugging port',
      pairs,
      goal: () => ({ text: `≤ ${goal} ms added`, met: added <= goal }),
    })
    rows.push({
      ...row,
      tandem: `${row.tandem}; ${number(added)} ms added`,
      data: { ...row.data, addedP50: added },
    })
  }
  return rows
}
