/** The process of the server under test: the server as a user has it, and a way to look inside. */
import { type RunningServer, type ServerOptions, startServer } from '@tandem-browser/server'
import { serveMeasurements } from './measured-program.ts'

let starting: Promise<RunningServer> | undefined

serveMeasurements(
  {
    start: async (options: ServerOptions) => {
      starting = startServer(options)
      const { url, isolation } = await starting
      return { url, isolation }
    },
  },
  async () => (await starting)?.close(),
)
