import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ControlNews, PageDialog, PagePicker, ViewerNews } from '../src/live/viewer-news.ts'
import { launchViewer } from './support/live-page.ts'
import { type Look, type Scene, ScriptedLiveView, faultsOf } from './support/scripted-live-view.ts'
import { TestServer } from './support/test-server.ts'

/** Where pictures of every state in every look are saved, to be looked at. */
const screenshots = process.env['TANDEM_TEST_SCREENSHOTS']

let server: TestServer
let browser: Browser
let views: ScriptedLiveView[]

const looks: Look[] = [
  { name: 'window', width: 1000, height: 700, dark: false, touch: false },
  { name: 'window-dark', width: 1000, height: 700, dark: true, touch: false },
  { name: 'phone', width: 390, height: 844, dark: false, touch: true },
  { name: 'phone-dark', width: 390, height: 844, dark: true, touch: true },
  { name: 'frame', width: 480, height: 320, dark: false, touch: false },
  { name: 'frame-dark', width: 320, height: 240, dark: true, touch: false },
]

/** Everything that matters once. */
const fewLooks = looks.filter(({ name }) => ['window', 'phone-dark', 'frame-dark'].includes(name))

beforeAll(async () => {
  ;[server, browser] = await Promise.all([TestServer.start(), launchViewer()])
  const page = await browser.newPage({ viewport: { width: 1280, height: 720 } })
  await page.setContent(`<style>
      body { margin: 0; font: 18px Georgia, serif; background: linear-gradient(160deg, #fdf6e3, #d9ecf2) }
      header { padding: 22px 60px; background: #12343b; color: #fff; font-size: 26px }
      main { max-width: 760px; margin: 50px auto } h1 { font-size: 46px; margin: 0 0 12px }
      form { margin-top: 30px } input { font: inherit; padding: 10px; width: 330px } b { background: #c8553d; color: #fff; padding: 13px 26px }
    </style><header>Harbour Tickets</header><main><h1>A crossing at dawn</h1>
    <p>The first ferry leaves at six, when the fog still lies on the water. Choose a day, and we keep a seat for you by the window.</p>
    <form><input value="ada@example.com"> <b>Reserve</b></form></main>`)
  const picture = await page.screenshot({ type: 'jpeg', quality: 70 })
  await page.close()
  views = await Promise.all(
    (screenshots ? looks : fewLooks).map((look) =>
      ScriptedLiveView.open(browser, { look, base: server.url, picture }),
    ),
  )
  if (screenshots) await mkdir(screenshots, { recursive: true })
})

afterAll(async () => {
  await browser.close()
  await server.close()
})

const url = 'https://tickets.example/harbour/crossings?day=saturday&seats=2&class=second'
const tabs: ViewerNews = {
  type: 'tabs',
  active: 'a',
  tabs: [
    { id: 'a', title: 'Harbour Tickets: a crossing at dawn', url },
    {
      id: 'b',
      title: 'Weather on the water for the next ten days',
      url: 'https://weather.example/',
    },
    { id: 'c', title: '', url: 'about:blank' },
  ],
}
const page: ViewerNews = {
  ...{ type: 'page', url, title: 'Harbour Tickets: a crossing at dawn', loading: false },
  ...{ canGoBack: true, canGoForward: false },
}
const control = (news: ControlNews, viewers = 3): ViewerNews => ({
  ...{ type: 'control', control: news, viewers },
})
const agent = control({ driver: 'agent' })
const human = (you: boolean): ViewerNews =>
  control({ driver: 'human', you, mode: 'wait', since: Date.now(), until: Date.now() + 600_000 })
type News = NonNullable<Scene['news']>
const live: News = [tabs, page, agent, 'picture']
const dialog = (kind: PageDialog['kind'], message: string, value = ''): ViewerNews => ({
  ...{ type: 'dialog', dialog: { kind, message, value } },
})
const option = (label: string, rest: Partial<PagePicker['options'][number]> = {}) => ({
  ...{ label, value: label, disabled: false, selected: false, group: '', ...rest },
})
const picker = (
  kind: PagePicker['kind'],
  value: string,
  options: PagePicker['options'],
): ViewerNews => ({
  type: 'picker',
  picker: {
    ...{ id: 1, kind, label: 'Day', value, options, multiple: false, min: '', max: '' },
    box: { x: 300, y: 420, width: 330, height: 44 },
  },
})
const question =
  'Harbour Tickets would like to know whether the reservation of two seats on Saturday, at six in the morning, is to be kept although the weather is not good.'

const watching = (name: string, news: News, state = 'live'): Scene => ({
  ...{ name, interactive: false, news, state },
})
const acting = (name: string, news: News, state = 'live'): Scene => ({
  ...{ name, interactive: true, news, state },
})
const ended = (endReason: Extract<ViewerNews, { type: 'ended' }>['endReason'], state = 'ended') =>
  watching(`over-${endReason}`, [...live, { type: 'ended', endReason }], state)
const refused = (name: string, status: number, error: string): Scene => ({
  ...{ name, interactive: false, state: 'refused' },
  ticket: { status, body: { success: false, error } },
})

const scenes: Scene[] = [
  { name: 'loading', interactive: true, ticket: 'never', state: 'connecting' },
  acting('waiting', [tabs, page, agent], 'waiting'),
  watching('watching', live),
  watching('watching-human', [tabs, page, human(false), 'picture']),
  acting('shared', live),
  acting('loading-page', [tabs, { ...page, loading: true }, agent, 'picture']),
  acting('taken-by-me', [tabs, page, human(true), 'picture']),
  acting('taken-by-another', [tabs, page, human(false), 'picture']),
  { ...acting('reconnecting', live, 'reconnecting'), close: { code: 1011, reason: '' } },
  ended('released'),
  ended('ttl', 'expired'),
  ended('idle', 'expired'),
  ended('crashed'),
  ended('out_of_memory'),
  ended('out_of_disk'),
  ended('server_shutdown'),
  ended('node_lost'),
  acting('crashed', [...live, { type: 'state', state: 'crashed' }], 'crashed'),
  watching('crashed-watching', [...live, { type: 'state', state: 'crashed' }], 'crashed'),
  acting('no-page', [tabs, agent, { type: 'state', state: 'no_page' }], 'no-page'),
  refused('wrong-token', 401, 'Unauthorized: this is not the address of that live view.'),
  refused('unknown', 404, 'Session not found.'),
  {
    ...watching('full', [], 'refused'),
    close: { code: 1013, reason: 'This session has 20 viewers already. Close one of them first.' },
  },
  acting('alert', [...live, dialog('alert', 'Your seats are kept.')]),
  acting('confirm', [...live, dialog('confirm', question)]),
  acting('prompt', [...live, dialog('prompt', 'On which name?', 'Ada Lovelace')]),
  acting('leave', [...live, dialog('beforeunload', '')]),
  watching('dialog-watching', [...live, dialog('confirm', question)]),
  acting('list', [
    ...live,
    picker('select', 'Saturday', [
      option('Friday', { group: 'This week' }),
      option('Saturday', { group: 'This week', selected: true }),
      option('Sunday, all seats are taken', { group: 'This week', disabled: true }),
      ...Array.from({ length: 12 }, (_, day) => option(`${day + 1} December`, { group: 'Later' })),
    ]),
  ]),
  acting('calendar', [...live, picker('date', '2026-11-28', [])]),
  acting('files', [...live, { type: 'chooser', chooser: { id: 1, multiple: false } }]),
  acting('problem', [
    ...live,
    {
      type: 'problem',
      message: 'Another person has taken over this browser session. Wait until it is handed back.',
    },
  ]),
]

test.each(scenes)('$name can be read, reached and heard in every look', async (scene) => {
  const faults: string[] = []
  for (const view of views) {
    await view.show(scene)
    faults.push(...(await faultsOf(view)))
    if (screenshots) {
      const path = join(screenshots, `${scene.name}.${view.look.name}.png`)
      await view.page.screenshot({ path })
    }
  }
  expect(faults).toEqual([])
})
