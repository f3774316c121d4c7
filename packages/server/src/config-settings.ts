import { accessSync, constants, statSync } from 'node:fs'
import { isIP } from 'node:net'
import { availableParallelism, homedir, totalmem } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'
import { z } from 'zod'
import { parseAllowEntry } from './egress/allow-entry.ts'
import { parseDomain } from './egress/domain-list.ts'
import { parseNameServer } from './egress/name-server-entry.ts'
import { hashKey, problemOfKey } from './keys/hashed-key.ts'

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export type LogLevel = (typeof logLevels)[number]

/** One row of the configuration: where it comes from and what it may be. */
export interface Setting {
  readonly variable: string
  /** Missing for secrets: the arguments of a process can be read by every user of a machine. */
  readonly flag?: string
  /** Takes the text of a variable or flag, or the typed value of a program. */
  readonly schema: z.ZodType
  /** Goes on after "it must be". */
  readonly expected: string
  readonly secret?: boolean
}

/** An issue that says more than what is expected; goes on after the name of the setting. */
function detail(text: string): { code: 'custom'; input: undefined; params: { detail: string } } {
  return { code: 'custom', input: undefined, params: { detail: text } }
}

const wholeNumber = z
  .union([
    z.number(),
    z
      .string()
      .regex(/^\d{1,9}$/)
      .transform(Number),
  ])
  .pipe(z.int())

const host = z.string().refine((text) => {
  if (isIP(text)) return true
  const isName = /^(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*$/i.test(text)
  // All digits and dots, but no address: 127.0.0.256, 0.0.0.
  return isName && !/^[\d.]+$/.test(text)
})

const publicUrl = z.string().transform((text, context) => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isPlain = url && !url.search && !url.hash && !url.username && !url.password
  if (!isPlain || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    context.addIssue({ code: 'invalid_format', format: 'url', input: text })
    return z.NEVER
  }
  return url.href.replace(/\/+$/, '')
})

const dataDirectory = z
  .string()
  .min(1)
  .refine((text) => !text.includes('\0'))
  // Files of variables are not read by a shell, so nobody else expands the tilde.
  .transform((text) => resolve(text.replace(/^~(?=\/|$)/, homedir())))

const apiKeys = z
  .union([z.string().transform((text) => text.split(',')), z.array(z.string())])
  .transform((entries, context) => {
    const keys = entries.map((entry) => entry.trim())
    const hashed = new Map<string, ReturnType<typeof hashKey>>()
    for (const [index, key] of keys.entries()) {
      if (key === '') continue
      const problem = problemOfKey(key)
      if (problem) context.addIssue(detail(`: key ${index + 1} ${problem}.`))
      else hashed.set(key, hashKey(key))
    }
    return Object.freeze([...hashed.values()])
  })

const executable = z
  .string()
  .transform((text) => resolve(text))
  .refine((path) => {
    try {
      accessSync(path, constants.X_OK)
      return statSync(path).isFile()
    } catch {
      return false
    }
  })

const isolation = z.enum(['bubblewrap', 'none'])

/** Entries of a list, each read by a function that answers the entry or what is wrong with it. */
function listOf<Entry extends object>(read: (text: string) => Entry | string) {
  return z
    .union([z.string().transform((text) => text.split(',')), z.array(z.string())])
    .transform((texts, context) => {
      const entries: Entry[] = []
      for (const [index, text] of texts.map((each) => each.trim()).entries()) {
        if (text === '') continue
        const entry = read(text)
        if (typeof entry !== 'string') entries.push(entry)
        else {
          // Whoever pastes a URL may paste a password.
          const shown = JSON.stringify(text.replace(/[^/@]*@/, '…@'))
          context.addIssue(detail(`: entry ${index + 1} ${shown} ${entry}`))
        }
      }
      return Object.freeze(entries)
    })
}

/** Sources of the directive `frame-ancestors` (CSP 3): everybody, nobody, or origins. */
const frameAncestors = z.string().transform((text, context) => {
  const sources = text.trim().split(/[\s,]+/)
  const isSource = (source: string): boolean =>
    ["'self'", '*'].includes(source) ||
    /^https?:\/\/(\*\.)?[a-z0-9.-]+(:(\d{1,5}|\*))?$/i.test(source) ||
    /^https?:\/\/\[[0-9a-f:]+\](:(\d{1,5}|\*))?$/i.test(source)
  const isNobody = sources.length === 1 && sources[0] === "'none'"
  if (isNobody || sources.every(isSource)) return sources.join(' ')
  context.addIssue({ code: 'invalid_format', format: 'sources', input: text })
  return z.NEVER
})

const domains = listOf(parseDomain).transform((entries) =>
  Object.freeze(entries.map(({ domain }) => domain)),
)

export const settings = {
  host: {
    variable: 'TANDEM_HOST',
    flag: '--host',
    schema: host,
    expected: 'an IP address or a host name without scheme and port, such as 127.0.0.1',
  },
  port: {
    variable: 'TANDEM_PORT',
    flag: '--port',
    schema: wholeNumber.pipe(z.int().min(0).max(65_535)),
    expected: 'a whole number from 0 to 65535 (0 takes any free port)',
  },
  publicUrl: {
    variable: 'TANDEM_PUBLIC_URL',
    flag: '--public-url',
    schema: publicUrl,
    expected:
      'an http or https URL without query, fragment and password, such as https://tandem.example.com',
  },
  dataDirectory: {
    variable: 'TANDEM_DATA_DIR',
    flag: '--data-dir',
    schema: dataDirectory,
    expected: 'the path of a folder',
  },
  apiKeys: {
    variable: 'TANDEM_API_KEYS',
    schema: apiKeys,
    expected: 'a list of keys with commas between them',
    secret: true,
  },
  operatorKeys: {
    variable: 'TANDEM_OPERATOR_KEYS',
    schema: apiKeys,
    expected: 'a list of keys with commas between them',
    secret: true,
  },
  chromium: {
    variable: 'TANDEM_CHROMIUM',
    flag: '--chromium',
    schema: executable,
    expected: 'the path of a Chrome, Chromium or chrome-headless-shell executable',
  },
  python: {
    variable: 'TANDEM_PYTHON',
    flag: '--python',
    schema: executable,
    expected: 'the path of a Python 3 executable',
  },
  isolation: {
    variable: 'TANDEM_ISOLATION',
    flag: '--isolation',
    schema: isolation,
    expected: 'bubblewrap, or none to run without any isolation',
  },
  bwrap: {
    variable: 'TANDEM_BWRAP',
    flag: '--bwrap',
    schema: executable,
    expected: 'the path of the bwrap executable of bubblewrap',
  },
  egressAllow: {
    variable: 'TANDEM_EGRESS_ALLOW',
    flag: '--egress-allow',
    schema: listOf(parseAllowEntry),
    expected: 'a list of host:port with commas between them, such as 10.0.0.5:8080,[fd00::5]:*',
  },
  egressAllowDomains: {
    variable: 'TANDEM_EGRESS_ALLOW_DOMAINS',
    flag: '--egress-allow-domains',
    schema: domains,
    expected: 'a list of domains with commas between them, such as example.com,example.org',
  },
  egressBlockDomains: {
    variable: 'TANDEM_EGRESS_BLOCK_DOMAINS',
    flag: '--egress-block-domains',
    schema: domains,
    expected: 'a list of domains with commas between them, such as example.com,example.org',
  },
  egressNameServers: {
    variable: 'TANDEM_EGRESS_NAME_SERVERS',
    flag: '--egress-name-servers',
    schema: listOf(parseNameServer).transform((list) =>
      Object.freeze(list.map(({ entry }) => entry)),
    ),
    expected:
      'a list of IP addresses of name servers, with or without port, such as 10.0.0.53,[fd00::53]:53',
  },
  maxSessions: {
    variable: 'TANDEM_MAX_SESSIONS',
    flag: '--max-sessions',
    schema: wholeNumber.pipe(z.int().min(1).max(1_000)),
    expected: 'a whole number from 1 to 1000',
  },
  poolSize: {
    variable: 'TANDEM_POOL_SIZE',
    flag: '--pool-size',
    schema: wholeNumber.pipe(z.int().min(0).max(1_000)),
    expected: 'a whole number from 0 to 1000 (0 keeps no session ready)',
  },
  liveFrameAncestors: {
    variable: 'TANDEM_LIVE_FRAME_ANCESTORS',
    flag: '--live-frame-ancestors',
    schema: frameAncestors,
    expected: "*, 'self', 'none', or origins such as https://app.example.com",
  },
  scrapeKeep: {
    variable: 'TANDEM_SCRAPE_KEEP',
    flag: '--scrape-keep',
    schema: wholeNumber.pipe(z.int().min(0).max(600)),
    expected: 'a whole number of seconds from 0 to 600 (0 keeps no page of a scrape)',
  },
  browserMemory: {
    variable: 'TANDEM_BROWSER_MEMORY',
    flag: '--browser-memory',
    schema: wholeNumber.pipe(z.int().min(256).max(1_000_000)),
    expected: 'a whole number of megabytes from 256 to 1000000',
  },
  kernelMemory: {
    variable: 'TANDEM_KERNEL_MEMORY',
    flag: '--kernel-memory',
    schema: wholeNumber.pipe(z.int().min(256).max(1_000_000)),
    expected: 'a whole number of megabytes from 256 to 1000000',
  },
  kernelProcesses: {
    variable: 'TANDEM_KERNEL_PROCESSES',
    flag: '--kernel-processes',
    schema: wholeNumber.pipe(z.int().min(64).max(32_768)),
    expected: 'a whole number from 64 to 32768',
  },
  sessionDisk: {
    variable: 'TANDEM_SESSION_DISK',
    flag: '--session-disk',
    schema: wholeNumber.pipe(z.int().min(16).max(1_000_000)),
    expected: 'a whole number of megabytes from 16 to 1000000',
  },
  sessionFiles: {
    variable: 'TANDEM_SESSION_FILES',
    flag: '--session-files',
    // To look at fifty thousand takes the server half a second now and then.
    schema: wholeNumber.pipe(z.int().min(1_000).max(1_000_000)),
    expected: 'a whole number from 1000 to 1000000',
  },
  profileSize: {
    variable: 'TANDEM_PROFILE_SIZE',
    flag: '--profile-size',
    schema: wholeNumber.pipe(z.int().min(1).max(400)),
    expected: 'a whole number of megabytes from 1 to 400',
  },
  logLevel: {
    variable: 'TANDEM_LOG_LEVEL',
    flag: '--log-level',
    schema: z.enum(logLevels),
    expected: `one of ${logLevels.join(', ')}`,
  },
} satisfies Record<string, Setting>

export type SettingName = keyof typeof settings

/** `tandem` in `XDG_DATA_HOME`, which counts only when absolute, else in `~/.local/share`. */
export function defaultDataDirectory(environment: NodeJS.ProcessEnv): string {
  const xdg = environment['XDG_DATA_HOME']
  return join(xdg && isAbsolute(xdg) ? xdg : join(homedir(), '.local', 'share'), 'tandem')
}

/** Bytes of a browser with an ordinary page, and a kernel. */
export const memoryOfSession = 384 * 1024 * 1024
const sessionsOfCore = 12

/**
 * As many sessions as fit in three quarters of the memory at 384 MB each (a
 * browser with an ordinary page, and a kernel), and no more than 12 a core,
 * beyond which they only wait for each other. A container's limits count.
 */
export function defaultMaxSessions(): number {
  const byMemory = Math.floor((machineMemory() * 0.75) / memoryOfSession)
  return Math.max(1, Math.min(byMemory, availableParallelism() * sessionsOfCore))
}

/** Megabytes: 2048, but no more than half of the memory. */
export function defaultBrowserMemory(): number {
  return Math.max(256, Math.min(2_048, Math.floor(machineMemory() / 2 / megabyte)))
}

/** Megabytes: 1024, but no more than a quarter of the memory. */
export function defaultKernelMemory(): number {
  return Math.max(256, Math.min(1_024, Math.floor(machineMemory() / 4 / megabyte)))
}

const megabyte = 1024 * 1024

/** Bytes. */
function machineMemory(): number {
  const limit = process.constrainedMemory()
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem()
}
