import { readFile, readlink, stat } from 'node:fs/promises'
import { release } from 'node:os'

/** What decides whether this machine can make sandboxes, as far as it can be read. */
export interface Machine {
  /** Such as `Debian GNU/Linux 12 (bookworm)`. */
  readonly name: string
  /** The distribution and those that it descends from, such as `ubuntu`, `debian`. */
  readonly families: readonly string[]
  readonly kernel: string
  readonly platform: NodeJS.Platform
  readonly isRoot: boolean
  /** What this process is contained in. */
  readonly container: 'docker' | 'podman' | 'kubernetes' | 'other' | undefined
  /** Whether the root of this process is a folder of the system's root. */
  readonly isChroot: boolean
  /** Whether a filter decides which calls of the kernel are allowed. */
  readonly hasSeccompFilter: boolean
  /** Whether the kernel was built with user namespaces. */
  readonly hasUserNamespaces: boolean
  /** How many there may be; undefined where the kernel does not say. */
  readonly maximumUserNamespaces: number | undefined
  /** Debian's own switch, on old kernels: whether it keeps them from ordinary users. */
  readonly userNamespacesSwitchedOff: boolean
  /** Ubuntu's AppArmor rule: whether programs without a profile may not use them. */
  readonly userNamespacesNeedProfile: boolean
}

/** Never fails: what cannot be read is taken for absent. */
export async function examineMachine(): Promise<Machine> {
  const [description, status, limit, clone, apparmor, container, isChroot, namespace] =
    await Promise.all([
      read('/etc/os-release').then((text) => text || read('/usr/lib/os-release')),
      read('/proc/self/status'),
      read('/proc/sys/user/max_user_namespaces'),
      read('/proc/sys/kernel/unprivileged_userns_clone'),
      read('/proc/sys/kernel/apparmor_restrict_unprivileged_userns'),
      findContainer(),
      findChroot(),
      readlink('/proc/self/ns/user').catch(() => ''),
    ])
  const distribution = parseDescription(description)
  return {
    name: distribution['PRETTY_NAME'] ?? distribution['NAME'] ?? process.platform,
    families: `${distribution['ID'] ?? ''} ${distribution['ID_LIKE'] ?? ''}`
      .split(' ')
      .filter(Boolean),
    kernel: release(),
    platform: process.platform,
    isRoot: process.getuid?.() === 0,
    container,
    isChroot,
    hasSeccompFilter: /^Seccomp:\s*2$/m.test(status),
    hasUserNamespaces: namespace !== '',
    maximumUserNamespaces: limit === '' ? undefined : Number(limit),
    userNamespacesSwitchedOff: clone.trim() === '0',
    userNamespacesNeedProfile: apparmor.trim() === '1',
  }
}

async function read(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '')
}

/** `NAME="value"` lines, as a shell would read them (os-release(5)). */
function parseDescription(text: string): Partial<Record<string, string>> {
  const entries = [...text.matchAll(/^([A-Z_]+)=(["']?)(.*?)\2$/gm)]
  return Object.fromEntries(entries.map(([, name, , value]) => [name, value]))
}

async function findContainer(): Promise<Machine['container']> {
  if (process.env['KUBERNETES_SERVICE_HOST']) return 'kubernetes'
  if (await exists('/run/.containerenv')) return 'podman'
  if (await exists('/.dockerenv')) return 'docker'
  return process.env['container'] || (await exists('/run/host/container-manager'))
    ? 'other'
    : undefined
}

async function findChroot(): Promise<boolean> {
  try {
    const [namespace, initNamespace, root, initRoot] = await Promise.all([
      readlink('/proc/self/ns/mnt'),
      readlink('/proc/1/ns/mnt'),
      stat('/'),
      stat('/proc/1/root/'),
    ])
    if (namespace === initNamespace) {
      return root.dev !== initRoot.dev || root.ino !== initRoot.ino
    }
  } catch {
    // The first process belongs to somebody else.
  }
  // A process sees the mounts below its root, so without one at `/` its root is no mount.
  const mounts = (await read('/proc/self/mountinfo')).split('\n').filter(Boolean)
  return mounts.length > 0 && !mounts.some((line) => line.split(' ')[4] === '/')
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
