import {
  defaultBrowserMemory,
  defaultDataDirectory,
  defaultKernelMemory,
  defaultMaxSessions,
  settings,
} from './config-settings.ts'
import type { LogLevel, Setting, SettingName } from './config-settings.ts'
import type { AllowEntry } from './egress/allow-entry.ts'
import type { HashedKey } from './keys/hashed-key.ts'

/** The whole configuration of a server: validated, with defaults, frozen, free of secrets. */
export interface Config {
  /** The address to listen on. */
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  /** How clients reach the server, without a slash at the end, when not by host and port. */
  readonly publicUrl: string | undefined
  /** Absolute path. */
  readonly dataDirectory: string
  /** The keys that the environment gives, already hashed. */
  readonly apiKeys: readonly HashedKey[]
  /** Those that open what is for operators, already hashed. */
  readonly operatorKeys: readonly HashedKey[]
  /** Absolute path of the browser to use instead of the bundled one. */
  readonly chromium: string | undefined
  /** Absolute path of the Python to run Python code with, when it is not to be looked for. */
  readonly python: string | undefined
  readonly isolation: 'bubblewrap' | 'none'
  /** Absolute path of bubblewrap, when it is not to be looked for. */
  readonly bwrap: string | undefined
  /** What sessions may reach although it is private. */
  readonly egressAllow: readonly AllowEntry[]
  /** If there are any, the only domains that sessions may reach. */
  readonly egressAllowDomains: readonly string[]
  /** Domains that sessions never reach. */
  readonly egressBlockDomains: readonly string[]
  /** Those that sessions' names are looked up with; when empty, the machine's own. */
  readonly egressNameServers: readonly string[]
  readonly maxSessions: number
  /** Undefined: as many as the server finds right. */
  readonly poolSize: number | undefined
  /** Who may show live views in a frame, as the directive `frame-ancestors` has it. */
  readonly liveFrameAncestors: string
  /** Seconds for which the page of a scrape stays open for somebody to go on with it. */
  readonly scrapeKeep: number
  /** Megabytes of memory of each browser, with all of its processes. */
  readonly browserMemory: number
  /** Megabytes of memory of each kernel, with all of its processes. */
  readonly kernelMemory: number
  /** Processes and threads of each kernel. */
  readonly kernelProcesses: number
  /** Megabytes of files of each session. */
  readonly sessionDisk: number
  /** Files and folders of each session. */
  readonly sessionFiles: number
  /** Megabytes that sites may have stored in the browser that a profile is saved of. */
  readonly profileSize: number
  readonly logLevel: LogLevel
}

/** The options of a server that a program starts. All may be left out. */
export interface ServerOptions {
  /** Address to listen on. Default: `127.0.0.1`. */
  host?: string | undefined
  /** 0 takes any free port. Default: 3210. */
  port?: number | undefined
  /** How clients reach the server, when not by host and port: an http(s) URL without query. */
  publicUrl?: string | undefined
  /** Folder for what must survive a restart. Default: `$XDG_DATA_HOME/tandem`. */
  dataDir?: string | undefined
  /** API keys that are accepted besides those in the store; 16 characters or more each. */
  apiKeys?: readonly string[] | undefined
  /** Keys that open `/metrics` and `/debug/counters`; 16 characters or more each. */
  operatorKeys?: readonly string[] | undefined
  /** Path of the browser to use instead of the bundled one. */
  chromium?: string | undefined
  /** Path of a Python with Playwright. Default: `python` in the data folder, else in PATH. */
  python?: string | undefined
  /** Default: `bubblewrap`. With `none`, pages and code have all rights of this user. */
  isolation?: 'bubblewrap' | 'none' | undefined
  /** Path of bubblewrap. Default: the first one in PATH. */
  bwrap?: string | undefined
  /**
   * Private targets that sessions may reach: `host:port`, the host a name, an
   * address or an IPv6 address in brackets, the port a number or `*`.
   */
  egressAllow?: readonly string[] | undefined
  /** Domains, with what lies under them, that sessions may reach. Default: all. */
  egressAllowDomains?: readonly string[] | undefined
  /** Domains, with what lies under them, that sessions never reach. */
  egressBlockDomains?: readonly string[] | undefined
  /** Name servers for sessions, such as `10.0.0.53`. Default: as the machine looks names up. */
  egressNameServers?: readonly string[] | undefined
  /** Default: from memory and cores. */
  maxSessions?: number | undefined
  /**
   * Sessions to keep ready for whoever asks next; 0: none. Default: at least 2, and as many as were
   * asked for at once of late.
   */
  poolSize?: number | undefined
  /** Who may show live views in a frame: `*`, `'self'`, `'none'`, or origins. Default: `*`. */
  liveFrameAncestors?: string | undefined
  /**
   * Seconds for which the page of a scrape stays open for somebody to go on with it, as long as
   * nobody else needs the place; 0: not at all. Default: 60.
   */
  scrapeKeep?: number | undefined
  /** Megabytes for each browser. Default: 2048, at most half of the memory. */
  browserMemory?: number | undefined
  /** Megabytes for each kernel. Default: 1024, at most a quarter of the memory. */
  kernelMemory?: number | undefined
  /** Processes and threads of each kernel. Default: 256. */
  kernelProcesses?: number | undefined
  /** Megabytes of files of each session. Default: 1024. */
  sessionDisk?: number | undefined
  /** Files and folders of each session. Default: 50,000. */
  sessionFiles?: number | undefined
  /** Megabytes that sites may have stored in a browser whose profile is saved. Default: 256. */
  profileSize?: number | undefined
  /** Default: `info`. */
  logLevel?: LogLevel | undefined
}

/** Everything that is wrong with a configuration, one sentence a problem. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.problems = problems
  }
}

/** Values of command-line flags, as text, by the name of the setting. */
export type Flags = Partial<Record<SettingName, string | undefined>>

interface Source {
  /** What the reader knows the setting by: `TANDEM_PORT`, `--port` or `port`. */
  readonly label: string
  readonly value: unknown
}

const settingNames = Object.keys(settings) as SettingName[]
const madeHere = new WeakSet<object>()

/** A configuration, and what of it had to be left out. */
export interface ExaminedConfig {
  config: Config
  /** One sentence a problem. The settings that they are about have their defaults. */
  problems: readonly string[]
}

/**
 * The configuration of the `tandem` command: flags, else environment, else
 * defaults. An empty variable counts as unset, as in a compose file.
 *
 * @throws ConfigError with all problems at once.
 */
export function parseConfig(input: { env?: NodeJS.ProcessEnv; flags?: Flags }): Config {
  return flawless(examineConfig(input))
}

/** The same, for somebody who wants to go on with what is right. */
export function examineConfig(input: { env?: NodeJS.ProcessEnv; flags?: Flags }): ExaminedConfig {
  const { env = {}, flags = {} } = input
  return build(env, (name) => {
    const setting: Setting = settings[name]
    const flag = flags[name]
    if (flag !== undefined) return { label: setting.flag ?? name, value: flag }
    const value = env[setting.variable]
    return value === undefined || value === '' ? undefined : { label: setting.variable, value }
  })
}

/**
 * The configuration of a server that a program starts. `TANDEM_*` variables
 * play no part. What this module has made before is returned as it is.
 *
 * @throws ConfigError with all problems at once.
 */
export function resolveConfig(options: ServerOptions | Config = {}): Config {
  if (madeHere.has(options)) return options as Config
  const { dataDir, ...rest } = options as ServerOptions
  const values: Partial<Record<string, unknown>> = { ...rest, dataDirectory: dataDir }
  const known = new Set<string>([
    ...settingNames.filter((name) => name !== 'dataDirectory'),
    'dataDir',
  ])
  const unknown = Object.keys(options).filter((name) => !known.has(name))
  if (unknown.length > 0) {
    throw new ConfigError(
      unknown.map((name) => `${name} is not an option; these are: ${[...known].join(', ')}.`),
    )
  }
  const examined = build(process.env, (name) => {
    const value = values[name]
    const label = name === 'dataDirectory' ? 'dataDir' : name
    return value === undefined ? undefined : { label, value }
  })
  return flawless(examined)
}

function flawless({ config, problems }: ExaminedConfig): Config {
  if (problems.length > 0) throw new ConfigError(problems)
  return config
}

function build(
  env: NodeJS.ProcessEnv,
  find: (name: SettingName) => Source | undefined,
): ExaminedConfig {
  const problems: string[] = []
  const read = (name: SettingName): unknown => {
    const source = find(name)
    if (!source) return undefined
    const setting: Setting = settings[name]
    const result = setting.schema.safeParse(source.value)
    if (result.success) return result.data
    const details = result.error.issues.flatMap((issue) =>
      issue.code === 'custom' && typeof issue.params?.['detail'] === 'string'
        ? [source.label + issue.params['detail']]
        : [],
    )
    const given = shown(source.value, setting)
    const general = `${source.label} is ${given}; it must be ${setting.expected}.`
    problems.push(...(details.length > 0 ? details : [general]))
    return undefined
  }
  const values = Object.fromEntries(settingNames.map((name) => [name, read(name)]))
  const given = values as Partial<Config>
  const config: Config = Object.freeze({
    host: given.host ?? '127.0.0.1',
    port: given.port ?? 3210,
    publicUrl: given.publicUrl,
    dataDirectory: given.dataDirectory ?? defaultDataDirectory(env),
    apiKeys: given.apiKeys ?? Object.freeze([]),
    operatorKeys: given.operatorKeys ?? Object.freeze([]),
    chromium: given.chromium,
    python: given.python,
    isolation: given.isolation ?? 'bubblewrap',
    bwrap: given.bwrap,
    egressAllow: given.egressAllow ?? Object.freeze([]),
    egressAllowDomains: given.egressAllowDomains ?? Object.freeze([]),
    egressBlockDomains: given.egressBlockDomains ?? Object.freeze([]),
    egressNameServers: given.egressNameServers ?? Object.freeze([]),
    maxSessions: given.maxSessions ?? defaultMaxSessions(),
    poolSize: given.poolSize,
    liveFrameAncestors: given.liveFrameAncestors ?? '*',
    scrapeKeep: given.scrapeKeep ?? 60,
    browserMemory: given.browserMemory ?? defaultBrowserMemory(),
    kernelMemory: given.kernelMemory ?? defaultKernelMemory(),
    kernelProcesses: given.kernelProcesses ?? 256,
    sessionDisk: given.sessionDisk ?? 1_024,
    sessionFiles: given.sessionFiles ?? 50_000,
    profileSize: given.profileSize ?? 256,
    logLevel: given.logLevel ?? 'info',
  })
  madeHere.add(config)
  return { config, problems }
}

function shown(value: unknown, setting: Setting): string {
  if (setting.secret === true) return 'not readable'
  if (typeof value !== 'string') return String(value)
  // A URL may carry a secret in the very part that makes it wrong.
  return JSON.stringify(value.replace(/\/\/[^/@]*@/, '//…@').replace(/(https?:.*[?#]).+/i, '$1…'))
}
