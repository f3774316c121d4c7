import { execute, open, type Script } from './script.ts'

/** Looks every second for a minute how many pieces of everything the shop has, and prints it. */
export function* watchingScript(url: string): Script {
  yield open('I open the shop.', url)
  const printed = yield execute('I count what is in stock, once a second.', watching, 90)
  if (!printed.includes('s: ')) return 'I could not watch the stock.'
  const counts = [...printed.matchAll(/s: (\d+) pieces/g)].map(([, pieces]) => Number(pieces))
  const changes = new Set(counts).size - 1
  return `I counted ${counts.length} times; the stock changed ${changes === 0 ? 'not once' : `${changes} times`}. The shop has ${counts.at(-1)} pieces.`
}

const watching = `for (let second = 1; second <= 60; second += 1) {
  const list = await page.evaluate(() => fetch('/price-list.csv').then((answer) => answer.text()))
  const stock = list.trim().split('\\n').slice(1).map((line) => Number(line.split(',').at(-1)))
  console.log(second + ' s: ' + stock.reduce((sum, pieces) => sum + pieces, 0) + ' pieces')
  await page.waitForTimeout(1000)
}`
