import { realpath } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { IsolationError } from './isolation-error.ts'
import type { IsolationProblem } from './isolation-problem.ts'
import { visibleFolders } from './system-view.ts'

/**
 * Whether sandboxes would see a folder that is to be kept from them, because
 * it lies among the system's programs. They may belong to the same user, so
 * file modes protect nothing.
 *
 * @param path Absolute; need not exist yet.
 */
export async function visibilityProblem(path: string): Promise<IsolationProblem | undefined> {
  const real = await resolveExisting(path)
  const visible = await Promise.all(visibleFolders.map(resolveExisting))
  const around = visible.find((folder) => real === folder || real.startsWith(`${folder}/`))
  if (around === undefined) return undefined
  return {
    reason: 'data-folder-visible',
    sentence: `The data folder ${path} lies in ${around}, which every sandbox can read.`,
    remedy: ['Choose another folder with --data-dir or TANDEM_DATA_DIR.'],
  }
}

/** @throws IsolationError when sandboxes would see the folder. */
export async function requireHidden(path: string): Promise<void> {
  const problem = await visibilityProblem(path)
  if (problem) throw new IsolationError(problem)
}

/** The path without links, as far as it exists. */
async function resolveExisting(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch {
    const parent = dirname(path)
    return parent === path ? path : join(await resolveExisting(parent), path.slice(parent.length))
  }
}
