import type { Machine } from './machine.ts'

const installers: readonly { families: readonly string[]; command: string }[] = [
  { families: ['debian', 'ubuntu'], command: 'apt-get install -y' },
  { families: ['fedora', 'rhel', 'centos'], command: 'dnf install -y' },
  { families: ['arch', 'archlinux'], command: 'pacman -S --noconfirm' },
  { families: ['alpine'], command: 'apk add' },
  { families: ['suse', 'opensuse', 'sles'], command: 'zypper install -y' },
]

/** The command that installs a package on this machine; undefined where we do not know it. */
export function installCommand(machine: Machine, packageName: string): string | undefined {
  const found = installers.find(({ families }) =>
    families.some((family) => machine.families.includes(family)),
  )
  return found && asRoot(machine, `${found.command} ${packageName}`)
}

/** How the user of this process runs a command that only root may. */
export function asRoot({ isRoot }: Pick<Machine, 'isRoot'>, command: string): string {
  return isRoot ? command : `sudo ${command}`
}
