import { arch } from 'node:os'

/** Numbers of system calls and of the architecture, as the kernel knows them. */
interface Architecture {
  /** As in `linux/audit.h`. */
  audit: number
  /** From this number on it is another set of calls, the x32 one. */
  foreign?: number
  clone: number
  unshare: number
  /** Calls that are refused whatever their arguments are. */
  refused: Readonly<Record<string, number>>
}

/** The same everywhere: calls that are younger than the architectures. */
const common = {
  // Its flags are behind a pointer, which a filter cannot follow. Libraries go on to clone.
  clone3: 435,
  io_uring_setup: 425,
  io_uring_enter: 426,
  io_uring_register: 427,
  memfd_secret: 447,
} as const

const architectures: Readonly<Partial<Record<string, Architecture>>> = {
  x64: {
    audit: 0xc000003e,
    foreign: 0x40000000,
    clone: 56,
    unshare: 272,
    refused: {
      ...common,
      ...{ memfd_create: 319, shmget: 29, msgget: 68, setns: 308, userfaultfd: 323 },
      ...{ bpf: 321, perf_event_open: 298, add_key: 248, request_key: 249, keyctl: 250 },
    },
  },
  arm64: {
    audit: 0xc00000b7,
    clone: 220,
    unshare: 97,
    refused: {
      ...common,
      ...{ memfd_create: 279, shmget: 194, msgget: 186, setns: 268, userfaultfd: 282 },
      ...{ bpf: 280, perf_event_open: 241, add_key: 217, request_key: 218, keyctl: 219 },
    },
  },
}

/** Classic BPF as seccomp(2) takes it. */
const operation = { load: 0x20, equal: 0x15, atLeast: 0x35, anyBit: 0x45, answer: 0x06 } as const
/** Where the filter finds what it judges (struct seccomp_data). */
const offsets = { call: 0, architecture: 4, firstArgument: 16 } as const
const allow = 0x7fff0000
const errorNumbers = { notPermitted: 1, notImplemented: 38 } as const
const newUserNamespace = 0x10000000

type Instruction = [code: number, ifTrue: number, ifFalse: number, value: number]

const refuse = (error: keyof typeof errorNumbers): Instruction => [
  operation.answer,
  0,
  0,
  0x00050000 | errorNumbers[error],
]

/**
 * A filter of system calls for code, as bubblewrap takes it: a program for the
 * kernel that refuses what would get around the limits.
 *
 * Memory in a file or segment without a name belongs to no process, and whoever
 * makes a user namespace may mount a temporary folder of any size in it. The
 * rest is what no code here needs, and what most holes in the kernel were in.
 *
 * @returns Undefined for processors whose calls are not known here.
 */
export function systemCallFilter(): Buffer | undefined {
  const architecture = architectures[arch()]
  if (!architecture) return undefined
  const { audit, foreign, refused, clone, unshare } = architecture
  const program: Instruction[] = [
    [operation.load, 0, 0, offsets.architecture],
    [operation.equal, 1, 0, audit],
    refuse('notImplemented'),
    [operation.load, 0, 0, offsets.call],
    ...(foreign === undefined
      ? []
      : [[operation.atLeast, 0, 1, foreign] as Instruction, refuse('notImplemented')]),
    ...Object.values(refused).flatMap((call): Instruction[] => [
      [operation.equal, 0, 1, call],
      refuse('notImplemented'),
    ]),
    ...[clone, unshare].flatMap((call): Instruction[] => [
      [operation.equal, 0, 4, call],
      [operation.load, 0, 0, offsets.firstArgument],
      [operation.anyBit, 0, 1, newUserNamespace],
      refuse('notPermitted'),
      [operation.answer, 0, 0, allow],
    ]),
    [operation.answer, 0, 0, allow],
  ]
  const bytes = Buffer.alloc(program.length * 8)
  for (const [index, [code, ifTrue, ifFalse, value]] of program.entries()) {
    bytes.writeUInt16LE(code, index * 8)
    bytes.writeUInt8(ifTrue, index * 8 + 2)
    bytes.writeUInt8(ifFalse, index * 8 + 3)
    bytes.writeUInt32LE(value, index * 8 + 4)
  }
  return bytes
}
