import { constants } from 'node:fs'
import { access, lstat, mkdir, readFile, readlink, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { SystemView } from './bubblewrap-arguments.ts'
import type { Mount } from './isolation.ts'
import { systemCallFilter } from './system-call-filter.ts'

/** Programs and libraries. On most systems all but the first are links into it. */
const programFolders = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32']

/** What programs read of the system's settings. Nothing of it says who uses this machine. */
const settings = [
  '/etc/alternatives',
  '/etc/ca-certificates',
  '/etc/crypto-policies',
  '/etc/fonts',
  '/etc/ld.so.cache',
  '/etc/ld.so.conf',
  '/etc/ld.so.conf.d',
  '/etc/localtime',
  '/etc/mime.types',
  '/etc/pki',
  '/etc/ssl',
  // Without it every browser would read every font of the system while it starts.
  '/var/cache/fontconfig',
]

/** All that sandboxes can read of the system, where it exists. */
export const visibleFolders: readonly string[] = [...programFolders, ...settings]

/** Files that every sandbox has of its own. Names are resolved by the egress proxy alone. */
const files: Readonly<Record<string, string>> = {
  '/etc/passwd':
    'tandem:x:1000:1000:Tandem:/work:/bin/bash\nnobody:x:65534:65534:nobody:/:/bin/false\n',
  '/etc/group': 'tandem:x:1000:\nnogroup:x:65534:\n',
  '/etc/hosts': '127.0.0.1 localhost tandem\n::1 localhost\n',
  '/etc/nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files\n',
  '/etc/resolv.conf': '# There is no name server here: HTTP goes through the proxy.\n',
}

/**
 * Finds out what sandboxes are to see of this system.
 *
 * @param directory Gets the files that are the sandboxes' own. Made when it is missing.
 */
export async function viewSystem(directory: string): Promise<SystemView> {
  await mkdir(directory, { recursive: true, mode: 0o755 })
  const own: Mount[] = []
  for (const [inside, text] of Object.entries(files)) {
    const host = join(directory, inside.slice('/etc/'.length))
    await writeFile(host, text, { mode: 0o644 })
    own.push({ host, inside })
  }
  const links: SystemView['links'] = []
  const readable: string[] = []
  for (const path of programFolders) {
    const information = await lstat(path).catch(() => undefined)
    if (information?.isSymbolicLink()) links.push({ path, target: await readlink(path) })
    else if (information) readable.push(path)
  }
  for (const path of settings) {
    if (await stat(path).catch(() => undefined)) readable.push(path)
  }
  const tools = {
    unshare: await findTool('unshare'),
    mount: await findTool('mount'),
    setpriv: await findTool('setpriv'),
    prlimit: await findTool('prlimit'),
    nice: await findTool('nice'),
  }
  const ceilings = await readCeilings()
  const filter = await writeFilter(directory)
  return { readable, links, files: own, directory, filter, node: process.execPath, tools, ceilings }
}

async function writeFilter(directory: string): Promise<string | undefined> {
  const filter = systemCallFilter()
  if (!filter) return undefined
  const path = join(directory, 'system-calls')
  await writeFile(path, filter, { mode: 0o644 })
  return path
}

/** The hard limits of this process, which no process that it starts can get above. */
async function readCeilings(): Promise<SystemView['ceilings']> {
  const text = await readFile('/proc/self/limits', 'utf8').catch(() => '')
  const hard = (name: string): number => {
    const value = new RegExp(`^${name} +\\S+ +(\\d+)`, 'm').exec(text)?.[1]
    return value === undefined ? Infinity : Number(value)
  }
  return { openFiles: hard('Max open files'), processes: hard('Max processes') }
}

/** @throws Error when the system lacks it: all are of util-linux or coreutils. */
async function findTool(name: string): Promise<string> {
  for (const folder of ['/usr/bin', '/bin', '/usr/sbin', '/sbin']) {
    const path = join(folder, name)
    const found = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (found) return path
  }
  throw new Error(`The program ${name} is missing; util-linux and coreutils bring it.`)
}
