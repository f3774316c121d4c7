import { realpathSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/** Programs that the stage is made with. */
export interface StageTools {
  unshare: string
  mount: string
  setpriv: string
}

/** A command to put before another, and where that finds the machine's files. */
export interface MountStage {
  command: string[]
  pathOf: (host: string) => string
}

/** Folders that every system has and that programs hardly keep anything in. */
const stageFolders = ['/mnt', '/media', '/srv', '/opt', '/tmp']

/** Mounts what is named in pairs of a source and a target below the first argument. */
const script = `set -e
folder=$1; shift
mount=$1; shift
"$mount" -n -t tmpfs -o mode=0755,size=1m tandem "$folder"
while [ "$1" != -- ]; do
  if [ -d "$1" ]; then mkdir "$2"; else : > "$2"; fi
  "$mount" -n --bind "$1" "$2"
  shift 2
done
shift
exec "$@"`

/**
 * Lets a command of a root's server run as an ordinary user. Root may keep its
 * files where that user cannot get at them, and so could not mount them: this
 * mounts those, as root, where the user can, in a mount namespace of the
 * command's own.
 *
 * The whole of it is one process that becomes the command. One in between that
 * had given up its rights would not be allowed to end the command with itself.
 *
 * @param paths Absolute paths that the command has to reach, or the folders that hold them.
 * @param user Whom the command is to run as.
 */
export function mountStage(
  paths: readonly string[],
  user: number,
  { unshare, mount, setpriv }: StageTools,
): MountStage {
  const hidden = [...new Set(paths)].filter((path) => !isReachable(path))
  const folder = stageFolders.find(
    (candidate) =>
      isFolder(candidate) && !hidden.some((path) => realpathSync(path).startsWith(`${candidate}/`)),
  )
  if (folder === undefined) {
    throw new Error(
      `There is no place for mounts; one of these is needed: ${stageFolders.join(', ')}.`,
    )
  }
  const staged = new Map(hidden.map((path, index) => [path, `${folder}/${index}`]))
  const id = String(user)
  const asUser = [
    setpriv,
    ...['--reuid', id, '--regid', id, '--clear-groups'],
    ...['--inh-caps=-all', '--bounding-set=-all', '--no-new-privs'],
    '--',
  ]
  const inNamespace = [
    ...[unshare, '--mount', '--propagation', 'private', '--'],
    ...['/bin/sh', '-c', script, 'sh', folder, mount],
    ...[...staged].flat(),
    '--',
  ]
  return {
    command: staged.size === 0 ? asUser : [...inNamespace, ...asUser],
    pathOf: (host) => {
      for (const [path, target] of staged) {
        if (host === path || host.startsWith(`${path}/`)) return target + host.slice(path.length)
      }
      return host
    },
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}

/** Whether every user of the machine may pass through the folders above. */
function isReachable(path: string): boolean {
  try {
    let folder = dirname(realpathSync(path))
    for (;;) {
      if ((statSync(folder).mode & 0o001) === 0) return false
      if (folder === '/') return true
      folder = dirname(folder)
    }
  } catch {
    return false
  }
}
