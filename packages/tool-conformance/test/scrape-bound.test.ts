import { afterAll, beforeAll, expect, test } from 'vitest'
import { SessionPool } from '@tandem-browser/core/pool'
import { type ToolContext, tools } from '@tandem-browser/core/tools'
import { Backend } from '../src/describe-conformance.ts'

let backend: Backend
let pool: SessionPool
let context: ToolContext
beforeAll(async () => {
  backend = await Backend.start()
  pool = new SessionPool({ tandem: backend.tandem, kind: 'scrape' })
  context = { pool, key: 'scraped' }
})
afterAll(async () => {
  await pool.close()
  await backend.close()
})

test('the same tools work in a session that goes on from a scrape', async () => {
  const early = await tools.readPage.execute({}, context)
  expect(early).toMatchObject({ status: 'error', code: 'no_page' })
  expect(early.text).toContain('openPage')

  const opened = await tools.openPage.execute({ url: backend.site.url }, context)
  expect(opened.text).toContain('Title: Shop')
  const clicked = await tools.act.execute({ action: 'click', target: 'Order form' }, context)
  expect(clicked.artifact.page?.title).toBe('Order')
  expect(clicked.artifact.session?.id).toBe(opened.artifact.session?.id)
  const again = await tools.openPage.execute({ url: `${backend.site.url}/large` }, context)
  expect(again.artifact.session?.id).toBe(opened.artifact.session?.id)

  await backend.tandem.sessions.delete(opened.artifact.session?.id ?? '')
  const lost = await tools.act.execute({ action: 'reload' }, context)
  expect(lost).toMatchObject({ status: 'error', code: 'page_lost' })
  const reopened = await tools.openPage.execute({ url: backend.site.url }, context)
  expect(reopened.artifact.session?.id).not.toBe(opened.artifact.session?.id)
  expect(reopened.text).toMatch(/this is a new one[^]*Title: Shop/)
})

test('closing ends it', async () => {
  await pool.close()
  expect(await backend.activeSessions()).toEqual([])
})
