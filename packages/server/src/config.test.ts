import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { hintsAboutVariables } from './config-hints.ts'
import { ConfigError, type Flags, parseConfig, resolveConfig } from './config.ts'
import { hashKey } from './keys/hashed-key.ts'

function problemsOf(action: () => unknown): readonly string[] {
  try {
    action()
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}

const problemsOfEnvironment = (env: NodeJS.ProcessEnv): readonly string[] =>
  problemsOf(() => parseConfig({ env }))

test('defaults', () => {
  const config = parseConfig({ env: {} })
  expect(config).toEqual({
    host: '127.0.0.1',
    port: 3210,
    publicUrl: undefined,
    dataDirectory: join(homedir(), '.local/share/tandem'),
    apiKeys: [],
    operatorKeys: [],
    chromium: undefined,
    python: undefined,
    isolation: 'bubblewrap',
    bwrap: undefined,
    egressAllow: [],
    egressAllowDomains: [],
    egressBlockDomains: [],
    egressNameServers: [],
    maxSessions: expect.any(Number),
    poolSize: undefined,
    liveFrameAncestors: '*',
    scrapeKeep: 60,
    browserMemory: expect.any(Number),
    kernelMemory: expect.any(Number),
    kernelProcesses: 256,
    sessionDisk: 1024,
    sessionFiles: 50_000,
    profileSize: 256,
    logLevel: 'info',
  })
  expect(config.maxSessions).toBeGreaterThanOrEqual(1)
  expect(Number.isInteger(config.maxSessions)).toBe(true)
  for (const megabytes of [config.browserMemory, config.kernelMemory]) {
    expect(megabytes).toBeGreaterThanOrEqual(256)
    expect(Number.isInteger(megabytes)).toBe(true)
  }
})

test('reads every variable', () => {
  const env = {
    TANDEM_HOST: '::1',
    TANDEM_PORT: '0',
    TANDEM_PUBLIC_URL: 'HTTPS://Tandem.Example.com/browser//',
    TANDEM_DATA_DIR: '/srv/tandem',
    TANDEM_API_KEYS: ' first-key-of-the-team, second-key-of-the-team,,first-key-of-the-team',
    TANDEM_OPERATOR_KEYS: 'key-of-the-operators',
    TANDEM_CHROMIUM: process.execPath,
    TANDEM_ISOLATION: 'none',
    TANDEM_BWRAP: process.execPath,
    TANDEM_EGRESS_ALLOW: '10.0.0.5:8080, [FD00::5]:*,Intranet.Example.:443,',
    TANDEM_EGRESS_ALLOW_DOMAINS: 'Example.com,bücher.example',
    TANDEM_EGRESS_BLOCK_DOMAINS: 'ads.example.com',
    TANDEM_EGRESS_NAME_SERVERS: '10.0.0.53, [fd00::53]:5353',
    TANDEM_MAX_SESSIONS: '7',
    TANDEM_POOL_SIZE: '0',
    TANDEM_SCRAPE_KEEP: '0',
    TANDEM_BROWSER_MEMORY: '768',
    TANDEM_LIVE_FRAME_ANCESTORS: "'self', https://*.example.com",
    TANDEM_KERNEL_MEMORY: '300',
    TANDEM_KERNEL_PROCESSES: '64',
    TANDEM_SESSION_DISK: '16',
    TANDEM_SESSION_FILES: '1000',
    TANDEM_PROFILE_SIZE: '64',
    TANDEM_LOG_LEVEL: 'debug',
  }
  expect(parseConfig({ env })).toEqual({
    host: '::1',
    port: 0,
    publicUrl: 'https://tandem.example.com/browser',
    dataDirectory: '/srv/tandem',
    apiKeys: [hashKey('first-key-of-the-team'), hashKey('second-key-of-the-team')],
    operatorKeys: [hashKey('key-of-the-operators')],
    chromium: process.execPath,
    isolation: 'none',
    bwrap: process.execPath,
    egressAllow: [
      { host: '10.0.0.5', isAddress: true, port: 8080 },
      { host: 'fd00::5', isAddress: true, port: '*' },
      { host: 'intranet.example', isAddress: false, port: 443 },
    ],
    egressAllowDomains: ['example.com', 'xn--bcher-kva.example'],
    egressBlockDomains: ['ads.example.com'],
    egressNameServers: ['10.0.0.53', '[fd00::53]:5353'],
    maxSessions: 7,
    poolSize: 0,
    liveFrameAncestors: "'self' https://*.example.com",
    scrapeKeep: 0,
    browserMemory: 768,
    kernelMemory: 300,
    kernelProcesses: 64,
    sessionDisk: 16,
    sessionFiles: 1000,
    profileSize: 64,
    logLevel: 'debug',
  })
})

test('a flag wins over its variable, even over a wrong one; an empty variable is unset', () => {
  const env = { TANDEM_PORT: 'wrong', TANDEM_HOST: '', TANDEM_LOG_LEVEL: 'warn' }
  const flags: Flags = { port: '8080', logLevel: undefined }
  expect(parseConfig({ env, flags })).toMatchObject({
    port: 8080,
    host: '127.0.0.1',
    logLevel: 'warn',
  })
})

test('the data folder: XDG only when absolute, tilde and relative paths', () => {
  const folder = (env: NodeJS.ProcessEnv): string => parseConfig({ env }).dataDirectory
  expect(folder({ XDG_DATA_HOME: '/data' })).toBe('/data/tandem')
  expect(folder({ XDG_DATA_HOME: 'data' })).toBe(join(homedir(), '.local/share/tandem'))
  expect(folder({ TANDEM_DATA_DIR: '~/tandem' })).toBe(join(homedir(), 'tandem'))
  expect(folder({ TANDEM_DATA_DIR: 'relative' })).toBe(join(process.cwd(), 'relative'))
})

test('is frozen and holds no plain key', () => {
  const config = parseConfig({ env: { TANDEM_API_KEYS: 'a-key-that-nobody-sees' } })
  expect(Object.isFrozen(config)).toBe(true)
  expect(Object.isFrozen(config.apiKeys)).toBe(true)
  expect(JSON.stringify(config)).not.toContain('a-key-that-nobody-sees')
})

describe('wrong values', () => {
  test('all are named at once, each in a sentence, no secret among them', () => {
    const env = {
      TANDEM_PORT: '80a',
      TANDEM_LOG_LEVEL: 'verbose',
      TANDEM_API_KEYS: 'a-key-that-nobody-sees,2short',
    }
    const problems = problemsOf(() =>
      parseConfig({ env, flags: { maxSessions: '0', poolSize: '-1' } }),
    )
    expect(problems).toEqual([
      'TANDEM_PORT is "80a"; it must be a whole number from 0 to 65535 (0 takes any free port).',
      'TANDEM_API_KEYS: key 2 has 6 characters; a key needs at least 16.',
      '--max-sessions is "0"; it must be a whole number from 1 to 1000.',
      '--pool-size is "-1"; it must be a whole number from 0 to 1000 (0 keeps no session ready).',
      'TANDEM_LOG_LEVEL is "verbose"; it must be one of trace, debug, info, warn, error, fatal, silent.',
    ])
  })

  test.each(['-1', '65536', '1.5', '1e3', '0x10', ' 80', 'tcp://10.0.0.1:3210'])(
    'port %j',
    (port) => {
      expect(problemsOfEnvironment({ TANDEM_PORT: port })).toHaveLength(1)
    },
  )

  test.each(['http://127.0.0.1', '127.0.0.1:80', '127.0.0.256', '[::1]', 'a b', '-a', 'a..b', '*'])(
    'host %j',
    (host) => expect(problemsOfEnvironment({ TANDEM_HOST: host })).toHaveLength(1),
  )

  test.each(['localhost', '0.0.0.0', '::', 'tandem.internal', 'a'])(
    'but host %j is one',
    (host) => {
      expect(parseConfig({ env: { TANDEM_HOST: host } }).host).toBe(host)
    },
  )

  test.each([
    'example.com',
    'ftp://example.com',
    'https://a/?b',
    'https://a/#b',
    'ws://a',
    'https://',
  ])('public URL %j', (url) =>
    expect(problemsOfEnvironment({ TANDEM_PUBLIC_URL: url })).toHaveLength(1),
  )

  test('a secret in a URL is not repeated', () => {
    const urls = ['https://user:hunter2@example.com', 'https://example.com/?token=hunter2']
    for (const url of urls) {
      const [problem] = problemsOfEnvironment({ TANDEM_PUBLIC_URL: url })
      expect(problem).toContain('example.com')
      expect(problem).not.toContain('hunter2')
    }
    const [allowed] = problemsOfEnvironment({ TANDEM_EGRESS_ALLOW: 'http://user:hunter2@a:80/' })
    expect(allowed).toContain('…@a:80/')
    expect(allowed).not.toContain('hunter2')
  })

  test.each([
    ['TANDEM_CHROMIUM', 'a Chrome, Chromium or chrome-headless-shell executable'],
    ['TANDEM_BWRAP', 'the bwrap executable of bubblewrap'],
  ])('a program of %s that is not there, or that is a folder', (variable, expected) => {
    for (const path of ['/nowhere/program', tmpdir()]) {
      expect(problemsOfEnvironment({ [variable]: path })).toEqual([
        `${variable} is "${path}"; it must be the path of ${expected}.`,
      ])
    }
  })

  test.each([
    ['10.0.0.5', 'is not host:port; write for example 10.0.0.5:8080'],
    ['fd00::5:80', 'needs brackets, such as [fd00::5]:80.'],
    ['http://10.0.0.5:80', 'leave scheme, path and network size out.'],
    ['10.0.0.0/8:80', 'leave scheme, path and network size out.'],
    ['*:80', 'has a * in its host; only the port may be *.'],
    ['10.0.0.256:80', 'has a host that is neither a name nor an address.'],
    ['[fe80::1%eth0]:80', 'has a host that is neither a name nor an address.'],
    ['user@host:80', 'has a host that is neither a name nor an address.'],
    ['10.0.0.5:0', 'has a port that is not from 1 to 65535.'],
    ['10.0.0.5:65536', 'has a port that is not from 1 to 65535.'],
  ])('an allowed target %j', (entry, what) => {
    const [problem, ...others] = problemsOfEnvironment({ TANDEM_EGRESS_ALLOW: `a:1,${entry}` })
    expect(problem).toMatch(/^TANDEM_EGRESS_ALLOW: entry 2 "/)
    expect(problem).toContain(what)
    expect(others).toEqual([])
  })

  test.each([
    ['*.example.com', 'needs no wildcard; example.com covers its subdomains too.'],
    ['.example.com', 'needs no wildcard; example.com covers its subdomains too.'],
    ['https://example.com', 'is not a domain; leave scheme, port and path out.'],
    ['example.com:443', 'is not a domain; leave scheme, port and path out.'],
    ['10.0.0.5', 'is an address; these lists are for names.'],
    ['example..com', 'is not the name of a domain.'],
  ])('a domain %j', (domain, what) => {
    for (const variable of ['TANDEM_EGRESS_ALLOW_DOMAINS', 'TANDEM_EGRESS_BLOCK_DOMAINS']) {
      expect(problemsOfEnvironment({ [variable]: domain })).toEqual([
        `${variable}: entry 1 ${JSON.stringify(domain)} ${what}`,
      ])
    }
  })

  test('limits of a session that are too low to start anything, or no numbers', () => {
    expect(
      problemsOfEnvironment({
        TANDEM_BROWSER_MEMORY: '255',
        TANDEM_KERNEL_MEMORY: '1G',
        TANDEM_KERNEL_PROCESSES: '10',
        TANDEM_SESSION_DISK: '0',
        TANDEM_SESSION_FILES: '999',
      }),
    ).toEqual([
      'TANDEM_BROWSER_MEMORY is "255"; it must be a whole number of megabytes from 256 to 1000000.',
      'TANDEM_KERNEL_MEMORY is "1G"; it must be a whole number of megabytes from 256 to 1000000.',
      'TANDEM_KERNEL_PROCESSES is "10"; it must be a whole number from 64 to 32768.',
      'TANDEM_SESSION_DISK is "0"; it must be a whole number of megabytes from 16 to 1000000.',
      'TANDEM_SESSION_FILES is "999"; it must be a whole number from 1000 to 1000000.',
    ])
  })

  test.each([
    'dns.example',
    '10.0.0.53:0',
    '10.0.0.53:70000',
    '[10.0.0.53]:53',
    '10.0.0.53/8',
    '::1:',
  ])('a name server %j', (entry) => {
    expect(problemsOfEnvironment({ TANDEM_EGRESS_NAME_SERVERS: `::1,${entry}` })).toEqual([
      `TANDEM_EGRESS_NAME_SERVERS: entry 2 "${entry}" is not the IP address of a name server, with or without a port.`,
    ])
  })

  test('isolation that never will be', () => {
    expect(problemsOfEnvironment({ TANDEM_ISOLATION: 'docker' })).toEqual([
      'TANDEM_ISOLATION is "docker"; it must be bubblewrap, or none to run without any isolation.',
    ])
  })
})

describe('for a program', () => {
  test('takes typed options and leaves the environment alone', () => {
    vi.stubEnv('TANDEM_PORT', '1')
    vi.stubEnv('TANDEM_API_KEYS', 'a-key-of-the-environment')
    onTestFinished(() => void vi.unstubAllEnvs())
    const config = resolveConfig({
      port: 0,
      dataDir: '/srv/tandem',
      apiKeys: ['a-key-of-a-program'],
      egressAllow: ['127.0.0.1:8080'],
      logLevel: 'silent',
      chromium: undefined,
      python: undefined,
    })
    expect(config).toMatchObject({
      host: '127.0.0.1',
      port: 0,
      dataDirectory: '/srv/tandem',
      apiKeys: [hashKey('a-key-of-a-program')],
      egressAllow: [{ host: '127.0.0.1', isAddress: true, port: 8080 }],
      logLevel: 'silent',
    })
    expect(resolveConfig()).toMatchObject({ port: 3210, apiKeys: [] })
  })

  test('returns a finished configuration as it is', () => {
    const config = parseConfig({ env: { TANDEM_PORT: '1' } })
    expect(resolveConfig(config)).toBe(config)
  })

  test('names the options that are wrong or unknown', () => {
    expect(
      problemsOf(() => resolveConfig({ port: 70_000, dataDir: '', apiKeys: ['short'] })),
    ).toEqual([
      'port is 70000; it must be a whole number from 0 to 65535 (0 takes any free port).',
      'dataDir is ""; it must be the path of a folder.',
      'apiKeys: key 1 has 5 characters; a key needs at least 16.',
    ])
    const misspelt = { dataDirectory: '/srv/tandem' } as object
    expect(problemsOf(() => resolveConfig(misspelt))).toEqual([
      expect.stringMatching(/^dataDirectory is not an option; these are: host, port, .*dataDir/),
    ])
  })
})

test('hints at what looks like a misspelling, and at nothing else', () => {
  const env = {
    TANDEM_PROT: '1',
    TANDEM_LOGLEVEL: 'info',
    tandem_port: '1',
    TANDEM_DATA_DRI: '/srv',
    TANDEM_PORT_3210_TCP: 'tcp://10.0.0.1:3210',
    TANDEM_API_KEY: 'for clients',
    TANDEM_BASE_URL: 'for clients',
    TANDEM_PORT: '1',
    TANDEM_SOMETHING_ELSE: '1',
    TANDEM_SERVICE_HOST: '10.0.0.1',
    PORT: '1',
  }
  expect(hintsAboutVariables(env)).toEqual([
    'TANDEM_DATA_DRI has no effect. Did you mean TANDEM_DATA_DIR?',
    'TANDEM_LOGLEVEL has no effect. Did you mean TANDEM_LOG_LEVEL?',
    'TANDEM_PROT has no effect. Did you mean TANDEM_PORT?',
    'tandem_port has no effect. Did you mean TANDEM_PORT?',
  ])
})

test('says of what comes later that it does not hold yet', () => {
  expect(hintsAboutVariables({ TANDEM_MODEL: 'some/model' })).toEqual([
    'TANDEM_MODEL has no effect yet: this version of Tandem has no agent that follows prompts.',
  ])
})
