import { mustBe } from '../expectation.ts'
import { resultOf } from '../result-of.ts'
import { demoAccount } from '../site/accounts.ts'
import type { Step } from '../step.ts'
import type { Tour } from '../tour.ts'

const profile = { name: 'tour' }

/** Two sessions with one profile: what the first one left in the browser, the second one finds. */
export const keepProfile: Step = {
  title: 'Keep a profile',

  async run(tour) {
    const kept = await (tour.isShop ? staySignedIn(tour) : keepMark(tour))
    const saved = await namesOf(tour)
    mustBe('whether the profile is listed', saved.includes(profile.name), true)
    await tour.profiles.delete(profile.name, { signal: tour.signal })
    mustBe('whether it is once it is deleted', (await namesOf(tour)).includes(profile.name), false)
    return `${kept}; listed, and deleted`
  },
}

async function namesOf({ profiles, signal }: Tour): Promise<string[]> {
  return (await profiles.list({ signal })).map(({ name }) => name)
}

async function staySignedIn(tour: Tour): Promise<string> {
  const signIn = `
    await page.goto('${new URL('/login', tour.pageUrl).href}')
    await page.getByLabel('E-mail address').fill('${demoAccount.email}')
    await page.getByLabel('Password').fill('${demoAccount.password}')
    await page.getByRole('button', { name: 'Sign in' }).click()
    ;({ seen: await page.locator('.customer').textContent() })
  `
  const greeting = await inSession(tour, signIn)
  const look = `
    await page.goto('${tour.pageUrl}')
    const customer = page.locator('.customer')
    ;({ seen: (await customer.count()) === 1 ? await customer.textContent() : 'nobody' })
  `
  mustBe('who a new session is', await inSession(tour, look), greeting)
  return `signed in once, and “${String(greeting)}” in a new session as well`
}

/** A name that no page uses. */
async function keepMark(tour: Tour): Promise<string> {
  const open = `await page.goto(${JSON.stringify(tour.pageUrl)}, { waitUntil: 'domcontentloaded' });`
  const write = `await page.evaluate(() => { localStorage.tandemTour = 'kept' }); ({ seen: '' })`
  await inSession(tour, `${open}\n${write}`)
  const read = '({ seen: await page.evaluate(() => localStorage.tandemTour) })'
  const mark = await inSession(tour, `${open}\n${read}`)
  mustBe('what a new session finds in localStorage', mark, 'kept')
  return 'localStorage of one session was there in the next'
}

async function inSession({ tandem, signal }: Tour, code: string): Promise<unknown> {
  const session = await tandem.sessions.create({ profile, ttl: 60, signal })
  try {
    return (resultOf(await session.execute(code, { signal })) as { seen: unknown }).seen
  } finally {
    // The profile is saved when this is answered.
    mustBe('what kept it from being saved', (await session.delete()).profileError, undefined)
  }
}
