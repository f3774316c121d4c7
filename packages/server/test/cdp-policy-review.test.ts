import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { expect, test } from 'vitest'
import { policyRows } from '../src/cdp/policy/command-policy.ts'
import { knownDomains } from '../src/cdp/policy/known-domains.ts'

interface Protocol {
  domains: {
    domain: string
    commands?: {
      name: string
      description?: string
      parameters?: { name: string; description?: string }[]
    }[]
  }[]
}

// The protocol as of the newest Chromium, which Puppeteer brings.
const puppeteer = createRequire(createRequire(import.meta.url).resolve('puppeteer-core'))
const domains = ['browser', 'js'].flatMap((name) => {
  const { domains: own } = puppeteer(`devtools-protocol/json/${name}_protocol.json`) as Protocol
  return own
})

/** What commands speak of that reach beyond the pages of a session. */
const telling =
  /\b(files?|paths?|director(y|ies)|disk|prox(y|ies)|ports?|navigate|open|launch|load|install)\b/i

/** Commands that only sound like it. */
const harmless = new Map([
  ['CacheStorage.requestEntries', 'the path is that of a URL'],
  ['DOM.forceShowPopover', 'opens a part of the page'],
  ['DOM.getFileInfo', 'tells of a file that a page has got already'],
  ['DOM.pushNodeByPathToFrontend', 'the path leads to a node'],
  ['DOM.requestNode', 'the path leads to a node'],
  ['FedCm.openUrl', 'opens the identity provider that the browser is asking'],
  ['LayerTree.loadSnapshot', 'loads into the renderer, which is sandboxed, what the client sends'],
  ['Network.deleteCookies', 'the path is that of a cookie'],
  ['Network.setBypassServiceWorker', 'speaks of loading'],
  ['Network.setCookie', 'the path and the port are those of a cookie'],
  ['Page.addScriptToEvaluateOnLoad', 'runs in the page'],
  ['Page.deleteCookie', 'the path is that of a cookie'],
  ['Page.enable', 'asks for an event'],
  ['Page.navigateToHistoryEntry', 'leads to where the page has been'],
  ['Page.reload', 'leads to where the page is'],
  ['Page.removeScriptToEvaluateOnLoad', 'takes out of the page'],
  ['Page.setInterceptFileChooserDialog', 'keeps a dialog from opening'],
  ['ServiceWorker.setForceUpdateOnPageLoad', 'speaks of loading'],
])

/** Puts blanks between the words of a name. */
function words(name: string): string {
  return name.replace(/([a-z])([A-Z])/g, '$1 $2')
}

test('every domain of the protocol is known', () => {
  const names = domains.map(({ domain }) => domain)
  expect(names.filter((name) => !knownDomains.has(name))).toEqual([])
})

test('every command that speaks of files, ports, proxies or other pages was looked at', () => {
  const found = domains.flatMap(({ domain, commands = [] }) =>
    commands.flatMap(({ name, description = '', parameters = [] }) => {
      const texts = [words(name), description].concat(
        ...parameters.map((parameter) => [words(parameter.name), parameter.description ?? '']),
      )
      const method = `${domain}.${name}`
      const isRow = method in policyRows || `${domain}.*` in policyRows
      return !isRow && texts.some((text) => telling.test(text)) ? [method] : []
    }),
  )
  expect(found.toSorted()).toEqual([...harmless.keys()].toSorted())
})

test('the documentation has every row, and nothing else', async () => {
  const text = await readFile(new URL('../../../docs/cdp.md', import.meta.url), 'utf8')
  const rows = text.split('\n').flatMap((line) => {
    const [, method, outcome, reason] = /^\| `([^`]+)` +\| (.*?) +\| (.*?) +\|$/.exec(line) ?? []
    return method === undefined ? [] : [[method, outcome, reason]]
  })
  const outcomes = {
    allow: 'allowed',
    disconnect: 'answered by the server',
    limit: 'limited',
    refuse: 'refused',
  }
  const expected = Object.entries(policyRows).map(([method, { kind, reason }]) => [
    method,
    outcomes[kind],
    reason,
  ])
  expect(rows).toEqual(expected)
})
