import { asRoot, installCommand } from './install-command.ts'
import type { Machine } from './machine.ts'

/** Why this machine makes no sandboxes, and what changes that. */
export interface IsolationProblem {
  /** Stable, for programs. */
  readonly reason:
    | 'platform'
    | 'bubblewrap-missing'
    | 'bubblewrap-not-usable'
    | 'bubblewrap-too-old'
    | 'programs-missing'
    | 'user-namespaces-limit'
    | 'user-namespaces-missing'
    | 'user-namespaces-off'
    | 'user-namespaces-need-profile'
    | 'container'
    | 'chroot'
    | 'initial-file-system'
    | 'not-isolated'
    | 'data-folder-visible'
    | 'unknown'
  /** One line: what is wrong. */
  readonly sentence: string
  /** What to do on this machine: sentences, and commands that begin with four spaces. */
  readonly remedy: readonly string[]
}

/** Marks a line of a remedy as one to be copied. */
export function commandLine(command: string): string {
  return `    ${command}`
}

export function platformProblem({ platform }: Machine): IsolationProblem {
  return {
    reason: 'platform',
    sentence: `Sandboxes need Linux; this is ${platform}.`,
    remedy: ['Run the server in a Linux virtual machine (on Windows: WSL 2).'],
  }
}

export function missingProblem(machine: Machine): IsolationProblem {
  return {
    reason: 'bubblewrap-missing',
    sentence:
      'bubblewrap, which makes the sandboxes, is not installed (there is no bwrap in PATH).',
    remedy: install(machine, 'bubblewrap', 'set TANDEM_BWRAP to the path of its program bwrap'),
  }
}

export function notUsableProblem(path: string, why: string): IsolationProblem {
  return {
    reason: 'bubblewrap-not-usable',
    sentence: `${path} is not a bubblewrap that can be used: ${why}.`,
    remedy: [
      'Set TANDEM_BWRAP to the path of the program bwrap, or unset it to have it looked for.',
    ],
  }
}

export function tooOldProblem(
  machine: Machine,
  { path, version, needed }: { path: string; version: string; needed: string },
): IsolationProblem {
  return {
    reason: 'bubblewrap-too-old',
    sentence: `${path} is bubblewrap ${version}; ${needed} or later is needed.`,
    remedy: [
      `Take a newer one from the backports of ${machine.name}, or use a newer release of it, or ` +
        'set TANDEM_BWRAP to the path of a newer bwrap.',
    ],
  }
}

/** @param shared What the sandbox had in common with the machine. */
export function sharedProblem(shared: readonly string[]): IsolationProblem {
  return {
    reason: 'not-isolated',
    sentence: `bubblewrap makes a sandbox that is none: it shares ${shared.join(', ')} with the machine.`,
    remedy: [
      'Use the bubblewrap of your distribution; if TANDEM_BWRAP names a wrapper, take it away.',
    ],
  }
}

/** As bubblewrap, shells and `viewSystem` say it. */
const missingProgram =
  /(?:execvp|exec:) (?:line \d+: )?([\w./-]+): (?:No such file|not found)|^The program (\S+) is missing/m

/**
 * Finds the reason behind what bubblewrap said when it could not make a sandbox.
 *
 * @param said What it wrote to its standard error.
 */
export function explainFailure(said: string, machine: Machine, bwrap: string): IsolationProblem {
  const line = said.trim().split('\n').at(-1)?.trim().slice(0, 300) ?? ''
  const quoted = line === '' ? 'bubblewrap fails without a word' : line
  const program = missingProgram.exec(said)?.slice(1).find(Boolean)
  if (program !== undefined) return programProblem(program, machine)
  if (/pivot_root/.test(said)) return initialFileSystemProblem(quoted)
  const reason = namespaceProblem(said, machine, { bwrap, quoted })
  return reason ?? unknownProblem(quoted)
}

function namespaceProblem(
  said: string,
  machine: Machine,
  { bwrap, quoted }: { bwrap: string; quoted: string },
): IsolationProblem | undefined {
  if (machine.maximumUserNamespaces === 0 || /ENOSPC|No space left/.test(said)) {
    return limitProblem(machine)
  }
  if (!machine.hasUserNamespaces || /kernel does not support user namespaces/.test(said)) {
    return {
      reason: 'user-namespaces-missing',
      sentence: `The kernel ${machine.kernel} was built without user namespaces.`,
      remedy: ['Start a kernel with CONFIG_USER_NS=y; those of all current distributions have it.'],
    }
  }
  if (!/denied|not permitted|No permissions/i.test(said)) return undefined
  if (machine.userNamespacesSwitchedOff) return switchedOffProblem(machine)
  if (machine.container !== undefined && isOfContainer(said, machine)) {
    return containerProblem(machine, quoted)
  }
  if (machine.userNamespacesNeedProfile) return profileProblem(machine, bwrap)
  if (machine.isChroot) {
    return {
      reason: 'chroot',
      sentence: 'This is a chroot, in which the kernel makes no user namespaces.',
      remedy: [
        'Run the server outside of the chroot, or enter its folder with namespaces: ' +
          'systemd-nspawn -D <folder>',
      ],
    }
  }
  return undefined
}

/** A virtual machine may look like a container but for the filter and what it masks. */
function isOfContainer(said: string, { hasSeccompFilter }: Machine): boolean {
  return hasSeccompFilter || /mount|slave/.test(said)
}

function limitProblem(machine: Machine): IsolationProblem {
  return {
    reason: 'user-namespaces-limit',
    sentence:
      machine.maximumUserNamespaces === 0
        ? 'User namespaces are switched off (user.max_user_namespaces is 0).'
        : 'The kernel makes no more user namespaces: user.max_user_namespaces is reached.',
    remedy: persistentSetting(machine, 'user.max_user_namespaces=15000'),
  }
}

function switchedOffProblem(machine: Machine): IsolationProblem {
  return {
    reason: 'user-namespaces-off',
    sentence:
      'User namespaces are kept from ordinary users (kernel.unprivileged_userns_clone is 0).',
    remedy: persistentSetting(machine, 'kernel.unprivileged_userns_clone=1'),
  }
}

/** https://ubuntu.com/blog/ubuntu-23-10-restricted-unprivileged-user-namespaces */
function profileProblem(machine: Machine, bwrap: string): IsolationProblem {
  return {
    reason: 'user-namespaces-need-profile',
    sentence:
      'AppArmor keeps bubblewrap from making user namespaces ' +
      '(kernel.apparmor_restrict_unprivileged_userns is 1).',
    remedy: [
      'Give bubblewrap a profile that allows it; the rule goes on to hold for other programs:',
      commandLine(
        `printf '%s\\n' ${appArmorProfile(bwrap).map(quote).join(' ')} | ` +
          asRoot(machine, 'tee /etc/apparmor.d/tandem-bwrap'),
      ),
      commandLine(asRoot(machine, 'apparmor_parser -r /etc/apparmor.d/tandem-bwrap')),
    ],
  }
}

/** For a shell. */
function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`
}

/** Lets one program make user namespaces, and confines it no further. */
function appArmorProfile(bwrap: string): string[] {
  return [
    'abi <abi/4.0>,',
    'include <tunables/global>',
    `profile tandem-bwrap ${JSON.stringify(bwrap)} flags=(unconfined) {`,
    '  userns,',
    '}',
  ]
}

function containerProblem({ container }: Machine, quoted: string): IsolationProblem {
  const remedies: Record<Exclude<Machine['container'], undefined>, string[]> = {
    docker: [
      'Start the container with these options, which let it make namespaces of its own:',
      commandLine(
        'docker run --security-opt seccomp=unconfined --security-opt apparmor=unconfined ' +
          '--security-opt systempaths=unconfined …',
      ),
    ],
    podman: [
      'Start the container with these options, which let it make namespaces of its own:',
      commandLine(
        'podman run --security-opt seccomp=unconfined --security-opt unmask=ALL ' +
          '--security-opt label=disable …',
      ),
    ],
    kubernetes: [
      'Let the pod make namespaces of its own. In its spec:',
      commandLine('hostUsers: false'),
      'and in the securityContext of the container:',
      commandLine('seccompProfile: { type: Unconfined }'),
      commandLine('appArmorProfile: { type: Unconfined }'),
      commandLine('procMount: Unmasked'),
    ],
    other: [
      'Allow user namespaces, mounts and an unmasked /proc in the settings of the container.',
    ],
  }
  return {
    reason: 'container',
    sentence: `The container that this runs in allows no sandboxes (${quoted}).`,
    remedy: remedies[container ?? 'other'],
  }
}

function initialFileSystemProblem(quoted: string): IsolationProblem {
  return {
    reason: 'initial-file-system',
    sentence: `The root of this system is the initial file system, which cannot be left (${quoted}).`,
    remedy: ['Run the server from a disk image, or in a container on this system.'],
  }
}

function programProblem(program: string, machine: Machine): IsolationProblem {
  return {
    reason: 'programs-missing',
    sentence: `The program ${program}, which starts what runs in a sandbox, is missing.`,
    remedy: install(
      machine,
      'util-linux coreutils',
      'install what brings it (util-linux or coreutils)',
    ),
  }
}

function unknownProblem(quoted: string): IsolationProblem {
  return {
    reason: 'unknown',
    sentence: `No sandbox can be made: ${quoted.replace(/\.$/, '')}.`,
    remedy: [
      'If a security module or a supervisor (SELinux, systemd, gVisor) confines this process, ' +
        'allow it user namespaces and mounts.',
    ],
  }
}

function install(machine: Machine, packages: string, otherwise: string): string[] {
  const command = installCommand(machine, packages)
  if (command !== undefined) return [commandLine(command)]
  return [`Install the package ${packages} of your distribution, or ${otherwise}.`]
}

function persistentSetting(machine: Machine, setting: string): string[] {
  const file = '/etc/sysctl.d/60-tandem.conf'
  const write = machine.isRoot ? `tee ${file}` : `sudo tee ${file}`
  return [commandLine(`echo ${setting} | ${write} && ${asRoot(machine, `sysctl -p ${file}`)}`)]
}
