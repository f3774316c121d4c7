import type { Benchmark, BenchmarkContext } from '../benchmark.ts'
import { pairOptions } from '../benchmark.ts'
import { number } from '../report/format.ts'
import { type Row, pairedRow } from '../report/row.ts'
import { samplePairs, timed } from '../sampling/paired-samples.ts'
import { median } from '../sampling/statistics.ts'
import { launchWithPort } from '../subjects/debugging-port.ts'
import { MeasuredProcess } from '../subjects/measured-process.ts'
import { launchPlainly } from '../subjects/plain-playwright.ts'
import { RawCdp } from '../subjects/raw-cdp.ts'

/**
 * The ways that Tandem's calls go, without Tandem: what is left of a figure when this is taken away
 * is its doing, the rest is the machine's.
 */
export const bareProcess: Benchmark = {
  name: 'bare',
  async run(context) {
    const bare = new MeasuredProcess(new URL('../subjects/bare-program.ts', import.meta.url), {})
    try {
      return [await relayedCall(context, bare), await answeredCall(context, bare)]
    } finally {
      await bare.close()
    }
  },
}

async function relayedCall(context: BenchmarkContext, bare: MeasuredProcess): Promise<Row> {
  const direct = await launchWithPort(context.engine)
  const clients: RawCdp[] = []
  try {
    for (const url of [await bare.request<string>('relay', direct.cdpUrl), direct.cdpUrl]) {
      clients.push(await RawCdp.connect(url))
    }
    const [through, past] = clients as [RawCdp, RawCdp]
    const call = (client: RawCdp) => () => timed(() => client.send('Browser.getVersion'))
    const pairs = await samplePairs(
      { tandem: call(through), playwright: call(past) },
      pairOptions(context, { samples: 1_000, seconds: 6, warmups: 300 }),
    )
    const added = median(pairs.map((pair) => pair.tandem - pair.playwright))
    const row = pairedRow({
      what: 'without Tandem: CDP call through a process that only passes it on',
      baseline: 'raw WebSocket to the debugging port',
      pairs,
    })
    return {
      ...row,
      tandem: `${row.tandem}; ${number(added)} ms added`,
      data: { ...row.data, addedP50: added },
    }
  } finally {
    await Promise.all(clients.map((client) => client.close()))
    await direct.close()
  }
}

async function answeredCall(context: BenchmarkContext, bare: MeasuredProcess): Promise<Row> {
  const url = await bare.request<string>('answer')
  const body = JSON.stringify({ code: '1 + 1' })
  const headers = { 'content-type': 'application/json', authorization: 'Bearer none' }
  const call = async (): Promise<void> => {
    const response = await fetch(url, { method: 'POST', headers, body, signal: context.signal })
    await response.json()
  }
  const browser = await launchPlainly(context.engine)
  try {
    const page = await browser.newPage()
    const pairs = await samplePairs(
      {
        tandem: () => timed(call),
        playwright: () => timed(() => page.evaluate('1 + 1')),
      },
      pairOptions(context, { samples: 400, seconds: 8, warmups: 300 }),
    )
    return pairedRow({
      what: 'without Tandem: a request that an HTTP server has a child process answer',
      baseline: "`page.evaluate('1 + 1')`",
      pairs,
    })
  } finally {
    await browser.close()
  }
}
