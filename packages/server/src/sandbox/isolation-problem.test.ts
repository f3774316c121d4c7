import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { type IsolationProblem, explainFailure, missingProblem } from './isolation-problem.ts'
import type { Machine } from './machine.ts'

/** Debian on a machine of its own, where nothing is in the way. */
const debian: Machine = {
  name: 'Debian GNU/Linux 13 (trixie)',
  families: ['debian'],
  kernel: '6.12.0',
  platform: 'linux',
  isRoot: false,
  container: undefined,
  isChroot: false,
  hasSeccompFilter: false,
  hasUserNamespaces: true,
  maximumUserNamespaces: 60_000,
  userNamespacesSwitchedOff: false,
  userNamespacesNeedProfile: false,
}

const bwrap = '/usr/bin/bwrap'

/** Sentences of bubblewrap 0.6 to 0.11 (bubblewrap.c, network.c), and of what runs inside. */
const says = {
  noPermission:
    'bwrap: No permissions to create new namespace, likely because the kernel does not allow ' +
    'non-privileged user namespaces. On e.g. debian this can be enabled with ' +
    "'sysctl kernel.unprivileged_userns_clone=1'.",
  noSpace:
    'bwrap: Creating new namespace failed: nesting depth or /proc/sys/user/max_*_namespaces ' +
    'exceeded (ENOSPC)',
  noSupport:
    'bwrap: Creating new namespace failed, likely because the kernel does not support user ' +
    'namespaces.  bwrap must be installed setuid on such systems.',
  userMap: 'bwrap: setting up uid map: Permission denied',
  loopback: 'bwrap: loopback: Failed RTM_NEWADDR: Operation not permitted',
  proc: "bwrap: Can't mount proc on /newroot/proc: Operation not permitted",
  slave: 'bwrap: Failed to make / slave: Permission denied',
  pivot: 'bwrap: pivot_root: Invalid argument',
}

const inside = (container: Machine['container'], more: Partial<Machine> = {}): Machine => ({
  ...debian,
  container,
  hasSeccompFilter: true,
  ...more,
})

test.each<[string, string, Machine, IsolationProblem['reason'], RegExp]>([
  [
    'no namespaces at all',
    says.noSpace,
    { ...debian, maximumUserNamespaces: 0 },
    'user-namespaces-limit',
    /^ {4}echo user\.max_user_namespaces=15000 \| sudo tee \S+ && sudo sysctl -p \S+$/,
  ],
  [
    'as many namespaces as are allowed',
    says.noSpace,
    debian,
    'user-namespaces-limit',
    /max_user_namespaces=15000/,
  ],
  [
    'a kernel without',
    says.noSupport,
    { ...debian, hasUserNamespaces: false },
    'user-namespaces-missing',
    /CONFIG_USER_NS=y/,
  ],
  [
    "Debian's old switch, as root",
    says.noPermission,
    { ...debian, isRoot: true, userNamespacesSwitchedOff: true },
    'user-namespaces-off',
    /^ {4}echo kernel\.unprivileged_userns_clone=1 \| tee \S+ && sysctl -p \S+$/,
  ],
  [
    'Ubuntu 24.04, at the user map',
    says.userMap,
    { ...debian, families: ['ubuntu', 'debian'], userNamespacesNeedProfile: true },
    'user-namespaces-need-profile',
    /sudo apparmor_parser -r \/etc\/apparmor\.d\/tandem-bwrap$/,
  ],
  [
    'Ubuntu 24.04, at the loopback',
    says.loopback,
    { ...debian, families: ['ubuntu', 'debian'], userNamespacesNeedProfile: true },
    'user-namespaces-need-profile',
    /^ {4}printf .* \| sudo tee \/etc\/apparmor\.d\/tandem-bwrap$/m,
  ],
  [
    'docker, whose filter forbids namespaces',
    says.noPermission,
    inside('docker'),
    'container',
    /docker run --security-opt seccomp=unconfined/,
  ],
  [
    'docker on Ubuntu 24.04',
    says.noPermission,
    inside('docker', { userNamespacesNeedProfile: true }),
    'container',
    /--security-opt apparmor=unconfined/,
  ],
  [
    'docker with its filter off and /proc masked',
    says.proc,
    inside('docker', { hasSeccompFilter: false }),
    'container',
    /--security-opt systempaths=unconfined/,
  ],
  ['podman', says.proc, inside('podman'), 'container', /podman run .*--security-opt unmask=ALL/],
  ['Kubernetes', says.slave, inside('kubernetes'), 'container', /procMount: Unmasked/],
  ['a chroot', says.noPermission, { ...debian, isChroot: true }, 'chroot', /systemd-nspawn/],
  ['an initial file system', says.pivot, debian, 'initial-file-system', /disk image/],
  [
    'busybox instead of util-linux',
    'sh: exec: line 1: prlimit: not found',
    { ...debian, families: ['alpine'] },
    'programs-missing',
    /^ {4}sudo apk add util-linux coreutils$/,
  ],
  [
    'no setpriv',
    'bwrap: execvp setpriv: No such file or directory',
    debian,
    'programs-missing',
    /util-linux/,
  ],
])('%s', (_, said, machine, reason, remedy) => {
  const problem = explainFailure(`some warning\n${said}\n`, machine, bwrap)
  expect(problem.reason).toBe(reason)
  expect(problem.sentence).not.toContain('\n')
  expect(problem.remedy.join('\n')).toMatch(remedy)
})

test('what is not known is quoted, and no cause is made up', () => {
  for (const said of [says.userMap, 'bwrap: Unknown option --size', '']) {
    const { reason, sentence } = explainFailure(said, debian, bwrap)
    expect(reason).toBe('unknown')
    expect(sentence).toContain(said || 'without a word')
  }
})

test.each([
  [['ubuntu', 'debian'], 'sudo apt-get install -y bubblewrap'],
  [['rocky', 'rhel', 'centos', 'fedora'], 'sudo dnf install -y bubblewrap'],
  [['arch'], 'sudo pacman -S --noconfirm bubblewrap'],
  [['alpine'], 'sudo apk add bubblewrap'],
  [['opensuse-leap', 'suse', 'opensuse'], 'sudo zypper install -y bubblewrap'],
])('the command of %j that installs it', (families, command) => {
  expect(missingProblem({ ...debian, families }).remedy).toEqual([`    ${command}`])
})

test('a system whose command is not known gets a sentence; root needs no sudo', () => {
  expect(missingProblem({ ...debian, families: ['void'] }).remedy.join()).toContain('TANDEM_BWRAP')
  expect(missingProblem({ ...debian, isRoot: true }).remedy).toEqual([
    '    apt-get install -y bubblewrap',
  ])
})

test('the profile of AppArmor is written by one line that a shell takes as it is', async () => {
  const machine = { ...debian, isRoot: true, userNamespacesNeedProfile: true }
  const { remedy } = explainFailure(says.userMap, machine, "/opt/it's/bwrap")
  const command = remedy.find((line) => line.includes('printf')) ?? ''
  const { stdout } = await promisify(execFile)('sh', ['-c', command.replace(/\| tee .*/, '')])
  expect(stdout).toBe(
    'abi <abi/4.0>,\ninclude <tunables/global>\n' +
      'profile tandem-bwrap "/opt/it\'s/bwrap" flags=(unconfined) {\n  userns,\n}\n',
  )
})
