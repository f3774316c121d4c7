import { lstatSync, realpathSync } from 'node:fs'
import { join, posix, sep } from 'node:path'
import { downloadsFolder } from '../downloads-folder.ts'
import { PolicyRefusal } from './action.ts'

/** The session's shared folder on this machine, and where its browser and kernels find it. */
export interface WorkFolderPaths {
  readonly host: string
  readonly inside: string
}

/** Puts the paths that clients name into the one folder that a session has. */
export class WorkFolder {
  /** Where downloads go, as the browser sees it. */
  readonly downloads: string
  readonly #host: string
  readonly #inside: string

  constructor({ host, inside }: WorkFolderPaths) {
    this.#host = host
    this.#inside = posix.normalize(inside).replace(/\/$/, '')
    this.downloads = `${this.#inside}/${downloadsFolder}`
  }

  /**
   * The path, as the browser sees it, of a file or folder that the browser may
   * read. A relative path begins in the work folder.
   *
   * The answer is waited for, and not awaited: a client's next command must
   * not overtake this one.
   *
   * @throws PolicyRefusal for what is elsewhere, a link, or not there.
   */
  readable(path: string): string {
    const below = this.#below(path)
    let root: string
    let real: string
    try {
      root = realpathSync.native(this.#host)
      real = realpathSync.native(join(root, below))
    } catch {
      throw new PolicyRefusal(
        `There is no file ${quote(path)} in the session's folder ${this.#inside}: write it there first, in code.`,
      )
    }
    if (real !== join(root, below).replace(/\/$/, '')) {
      throw new PolicyRefusal(`${quote(path)} is a symbolic link; name the file itself.`)
    }
    const stat = lstatSync(real)
    // What is no file may never end, or be somebody else's end.
    if (!stat.isFile() && !stat.isDirectory()) {
      throw new PolicyRefusal(`${quote(path)} is neither a file nor a folder.`)
    }
    return this.#inside + real.slice(root.length).replaceAll(sep, '/')
  }

  /** The part of a path below the work folder, without going up, to be joined to it. */
  #below(path: string): string {
    const outside = (): PolicyRefusal =>
      new PolicyRefusal(
        `${quote(path)} is not in the session's folder. Copy the file to ${this.#inside}, in code, or give its content instead of its path.`,
      )
    if (path === '' || path.includes('\0') || path.split('/').includes('..')) throw outside()
    if (!path.startsWith('/')) return posix.normalize(path)
    const normal = posix.normalize(path)
    if (normal === this.#inside || normal.startsWith(`${this.#inside}/`)) {
      return normal.slice(this.#inside.length + 1)
    }
    throw outside()
  }
}

/** Enough of a path for its owner to know it again. */
function quote(path: string): string {
  return JSON.stringify(path.length > 200 ? `${path.slice(0, 200)}…` : path)
}
