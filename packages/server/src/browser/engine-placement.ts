import { realpath } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { dirname } from 'node:path'
import type { Isolation, Mount } from '../sandbox/isolation.ts'
import type { Engine } from './engine.ts'

/** How a sandboxed process starts the engine. */
export interface PlacedEngine {
  command: string
  environment: Record<string, string>
  mounts: Mount[]
}

const folderInside = '/opt/tandem/engine'

/**
 * Decides where the engine is found by a sandbox. One that the system has is
 * there already.
 *
 * @throws Error when the engine shares its folder with what sandboxes must not see.
 */
export async function placeEngine(engine: Engine, isolation: Isolation): Promise<PlacedEngine> {
  const executable = await realpath(engine.executablePath)
  if (executable.startsWith('/usr/')) {
    return { command: engine.executablePath, environment: engine.env, mounts: [] }
  }
  const folder = isolation.place(dirname(executable), folderInside)
  if (isolation.name !== 'none' && isShared(folder.host)) {
    throw new Error(
      `${executable} lies in ${folder.host}, which sandboxes must not see as a whole; ` +
        'put the browser into a folder of its own',
    )
  }
  const inside = (text: string): string => text.replaceAll(folder.host, folder.inside)
  const environment = Object.entries(engine.env).map(([name, value]) => [name, inside(value)])
  return {
    command: inside(executable),
    environment: Object.fromEntries(environment) as Record<string, string>,
    mounts: [folder],
  }
}

/** Whether a folder holds more than one program. */
function isShared(folder: string): boolean {
  const isTop = dirname(folder) === '/'
  return isTop || folder === tmpdir() || `${homedir()}/`.startsWith(`${folder}/`)
}
