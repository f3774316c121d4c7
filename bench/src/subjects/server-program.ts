/** The process of the server under test: the server as a user has it, and a way to look inside. */
import { type RunningServer, type ServerOptions, startServer } from '@tandem-browser/server'
import { serveMeasurements } from './measured-program.ts'

/** Without sandboxes only where the set-up found that this machine makes none. */
const isolation = process.env['TANDEM_ISOLATION'] === 'none' ? 'none' : 'bubblewrap'
let starting: Promise<RunningServer> | undefined

serveMeasurements(
  {
    start: async (options: ServerOptions) => {
      const python = process.env['TANDEM_PYTHON'] || undefined
      starting = startServer({ isolation, python, ...options })
      const server = await starting
      return { url: server.url, isolation: server.isolation }
    },
  },
  async () => (await starting)?.close(),
)
