import { Backend } from '@tandem-browser/tool-conformance/backend'

// Also when whoever started it is gone.
process.once('disconnect', () => {
  void started.then((backend) => backend.close()).finally(() => process.exit())
})
const started = Backend.start()
const { connection, site } = await started
process.send?.({ connection, site: site.url })
