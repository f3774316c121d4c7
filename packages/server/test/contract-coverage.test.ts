import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { describeApi } from '../src/http/openapi/document.ts'
import { describeType } from '../src/http/openapi/type-text.ts'
import { conditions } from './support/contract-conditions.ts'
import { callsOf, failuresOf } from './support/contract-requests.ts'
import { titlesOf } from './support/test-titles.ts'

/** One row of a table: its cells by the heads of their columns. */
type Row = Readonly<Record<string, string>>

const text = readFileSync(
  fileURLToPath(new URL('../../../docs/contract-coverage.md', import.meta.url)),
  'utf8',
)

/** The rows of the table under a heading. */
function rowsOf(heading: string): Row[] {
  const section = text.split(/^## /m).find((each) => each.startsWith(`${heading}\n`)) ?? ''
  const [head = [], , ...rows] = section
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) => line.slice(1, -1).split('|'))
  const names = head.map((name) => name.trim())
  return rows.map((cells) =>
    Object.fromEntries(names.map((name, at) => [name, cells[at]?.trim() ?? ''])),
  )
}

const linesOf = (cell = '') => cell.split('<br>').map((line) => line.replaceAll('`', ''))

const document = describeApi(undefined)
const calls = callsOf(document)
const mains = [...new Set(calls.map(({ main }) => main))]

const tables = ['Calls', 'Failures', 'Fields', 'Rules', 'What this server has not']

test.each(tables)('each test that is named exists: %s', (heading) => {
  const rows = rowsOf(heading)
  expect(rows.length).toBeGreaterThan(5)
  const missing = rows
    .flatMap((row) => linesOf(row['tests']))
    .filter((name) => name !== 'it only says who calls')
    .filter((name) => {
      const [file = '', ...title] = name.split(' › ')
      const place = file.startsWith('src/') ? `../${file}.test.ts` : `./${file}.test.ts`
      const path = fileURLToPath(new URL(place, import.meta.url))
      return !existsSync(path) || !titlesIn(path).has(title.join(' › '))
    })
  expect(missing).toEqual([])
})

const known = new Map<string, Set<string>>()

function titlesIn(path: string): Set<string> {
  const titles = known.get(path) ?? new Set(titlesOf(path))
  known.set(path, titles)
  return titles
}

test('every call has a row, with all its names and what it answers when it goes well', () => {
  const described = mains.map((main) => {
    const own = calls.filter((call) => call.main === main)
    const { path = '', method = '' } = own.find(({ name }) => name === main) ?? {}
    const responses = document.paths[path]?.[method.toLowerCase()]?.responses ?? {}
    const statuses = Object.entries(responses)
      .filter(([, { content = {} }]) => Object.values(content).every((each) => !each.examples))
      .map(([status]) => status)
    const others = own.filter(({ name }) => name !== main).map((call) => call.path)
    return `${main} | ${others.join()} | ${statuses.join()}`
  })
  const written = rowsOf('Calls').map(({ call, also, answers = '' }) => {
    const others = linesOf(also).filter((each) => each !== '–')
    return `${linesOf(call).join()} | ${others.join()} | ${answers.replaceAll(' ', '')}`
  })
  expect(written.toSorted()).toEqual(described.toSorted())
})

/** Those that many rows are about, by what the table calls them. */
const groups: Readonly<Record<string, readonly string[]>> = {
  'every call': mains,
  'every call with a key': mains.filter((main) => main.includes(' /v2/')),
  'every call with a JSON body': mains.filter(
    (main) =>
      calls
        .filter((call) => call.main === main)
        .some((call) => failuresOf(document, call).some(({ status }) => status === 415)) &&
      main !== 'POST /live/{sessionId}/files',
  ),
}

test('every status and error of every call has a row, and no other has', () => {
  const described = new Map(
    calls
      .flatMap((call) => failuresOf(document, call))
      .map(({ call, status, error, code, failure }) => [
        `${call.main} ${status} ${code ?? ''} ${error}`,
        { failure, main: call.main, status, error, code },
      ]),
  )
  const wrong: string[] = []
  for (const { status, error = '', of, tests } of rowsOf('Failures')) {
    const [, code, start = ''] = /^(?:`(\w+)`: )?(.*?)(?: …)?$/.exec(error) ?? []
    expect(start.length).toBeGreaterThan(9)
    for (const main of linesOf(of).flatMap((name) => groups[name] ?? [name])) {
      const fits = [...described].filter(
        ([, each]) =>
          each.main === main &&
          String(each.status) === status &&
          each.code === code &&
          (error.endsWith(' …')
            ? each.error.startsWith(start) && each.error !== start
            : each.error === start),
      )
      // One, and not twice.
      if (fits.length !== 1)
        wrong.push(`${main}: ${status} ${error} is described ${fits.length} times`)
      for (const [key, { failure }] of fits) {
        described.delete(key)
        const isBroughtAbout = failure in conditions
        if (tests?.includes('a failure is answered as it is described') !== isBroughtAbout) {
          wrong.push(`${failure}: is in contract-answers: ${isBroughtAbout}`)
        }
      }
    }
  }
  expect({ wrong, missing: [...described.keys()] }).toEqual({ wrong: [], missing: [] })
})

test('every field of every body has a row, with what it takes and what it is when it is left out', () => {
  const bodies = ['CreateSessionRequest', 'ExecuteRequest', 'InteractRequest', 'ScrapeRequest']
  const described = bodies.flatMap((body) =>
    Object.entries(document.components.schemas[body]?.properties ?? {}).map(([name, schema]) => {
      const { default: left, ...rest } = schema
      const type = describeType(rest)
        .replaceAll(/<[^>]+>/g, '')
        .replaceAll('&lt;', '<')
      const takes = type.length > 60 ? 'see /docs' : type
      return `${body}.${name} | ${takes} | ${left === undefined ? '–' : JSON.stringify(left)}`
    }),
  )
  const written = rowsOf('Fields').map((row) =>
    ['field', 'takes', 'left out'].map((name) => linesOf(row[name]).join()).join(' | '),
  )
  expect(written.toSorted()).toEqual(described.toSorted())
})
