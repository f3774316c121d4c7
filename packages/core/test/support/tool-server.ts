import { executed } from './server.ts'
import { SessionServer } from './session-server.ts'

/** One white pixel. */
const picture =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4//8/AAX+Av4N70a4AAAAAElFTkSuQmCC'

/** What `exerciseTools` sees when all is well. */
export const expectedOfTools: Record<string, unknown> = {
  opened: ['ok', true, { url: 'https://shop.example/', title: 'Shop', status: 200 }],
  wrong: 'invalid_input',
  picture: ['image/png'],
  ran: ['ok', 'stream'],
  aborted: 'AbortError',
  id: 's1',
  refused: 'ValidationError',
}

/** Answers of agent-browser, by command. */
const results: Readonly<Record<string, object>> = {
  open: {},
  snapshot: { origin: 'https://shop.example/', snapshot: '- heading "Shop" [ref=e1]' },
  get: { title: 'Shop' },
  eval: { result: 200 },
}

/** A server whose shell knows nothing but how agent-browser answers. For runtimes, not for tools. With a dialog it answers nothing else. */
export async function startToolServer(dialog?: string): Promise<SessionServer> {
  const server = await SessionServer.start()
  server.intercept = ({ body, json }) => {
    if (body?.['language'] !== 'bash') return false
    const parts = String(body['code']).split(/\nprintf '\\n%s %d\\n' '([\w-]+)' "\$\?"\n?/)
    let stdout = ''
    for (let index = 0; index + 1 < parts.length; index += 2) {
      const batch = /printf '%s' '(.*)' \| agent-browser/.exec(parts[index] ?? '')?.[1]
      const commands = JSON.parse(batch ?? '[]') as string[][]
      const outcomes = commands.map(([name = '']) =>
        dialog ? { success: false, error: dialog } : { success: true, result: results[name] },
      )
      stdout += `${batch ? JSON.stringify(outcomes) : picture}\n${parts[index + 1]} 0\n`
    }
    json(200, { ...executed, stdout })
    return true
  }
  return server
}
