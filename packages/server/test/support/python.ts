import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const fromSetUp = fileURLToPath(new URL('../../../../.tandem/python/bin/python3', import.meta.url))

/** The Python with Playwright that the set-up made; undefined on a machine that has none. */
export const python: string | undefined = [process.env['TANDEM_PYTHON'], fromSetUp].find(
  (path) => path !== undefined && existsSync(path),
)
