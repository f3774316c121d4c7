import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

/** Everything the set-up makes lives here; deleting the folder undoes it. */
export const stateFolder = join(root, '.tandem')
export const toolchainFolder = join(stateFolder, 'toolchain')
