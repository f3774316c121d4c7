import { Tandem } from '@tandem-browser/core'
import { SessionPool } from '@tandem-browser/core/pool'
import { Profiles } from '@tandem-browser/core/profiles'
import { tools } from '@tandem-browser/core/tools'

/** Pool, tools and profiles, as a program that every runtime can run. Gives back JSON. */
export async function exerciseTools(baseUrl: string): Promise<string> {
  const pool = new SessionPool({ tandem: new Tandem({ baseUrl, apiKey: 'td-runtime-test-key' }) })
  const context = { pool, key: 'conversation' }
  const opened = await tools.openPage.execute({ url: 'https://shop.example/' }, context)
  const wrong = await tools.act.execute({ action: 'jump' }, context)
  const picture = await tools.screenshot.execute({}, context)
  const ran = await tools.executeCode.execute({ code: 'stream' }, context)
  const controller = new AbortController()
  controller.abort('enough')
  const aborted = await tools.readPage
    .execute({}, { ...context, signal: controller.signal })
    .catch((error: unknown) => (error as Error).name)
  const id = pool.get('conversation')?.id
  await pool.close()
  const refused = await new Profiles({ baseUrl })
    .delete('..')
    .catch((error: unknown) => (error as Error).name)
  return JSON.stringify({
    opened: [opened.status, /Title: Shop/.test(opened.text), opened.artifact.page],
    wrong: wrong.status === 'error' && wrong.code,
    picture: picture.images.map(({ mimeType }) => mimeType),
    ran: [ran.status, ran.artifact.execution?.result],
    aborted,
    id,
    refused,
  })
}
