#!/usr/bin/env node
import { Command, InvalidArgumentError } from 'commander'
import type { Flags } from './config.ts'
import { version } from './version.ts'

// The commands are imported when they are called for: `--help` and `keys`
// answer at once and do not wait for a browser's worth of code.

interface Options extends Omit<Flags, 'dataDirectory'> {
  dataDir?: string
}

function flagsOf({ dataDir, ...options }: Options): Flags {
  return { ...options, dataDirectory: dataDir }
}

const dataDirectoryOption = [
  '--data-dir <folder>',
  'what survives a restart (TANDEM_DATA_DIR; default: ~/.local/share/tandem)',
] as const
const chromiumOption = [
  '--chromium <path>',
  'browser to use instead of the bundled one (TANDEM_CHROMIUM)',
] as const
const pythonOption = [
  '--python <path>',
  'Python with Playwright, for Python code (TANDEM_PYTHON; default: <data-dir>/python)',
] as const
const bwrapOption = [
  '--bwrap <path>',
  'bubblewrap to use instead of the one in PATH (TANDEM_BWRAP)',
] as const

interface GrantOptions {
  sessions?: number | 'unlimited'
  requestsPerMinute?: number | 'unlimited'
  credits?: number | 'unlimited'
}

const sessionsOption = [
  '--sessions <number>',
  'sessions at once, or unlimited (the default)',
  numberOrUnlimited,
] as const
const requestsOption = [
  '--requests-per-minute <number>',
  'of each kind of request, or unlimited (the default)',
  numberOrUnlimited,
] as const
const creditsOption = [
  '--credits <number>',
  'credits to spend, or unlimited (the default)',
  numberOrUnlimited,
] as const

function wholeNumber(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It must be a whole number.')
}

function numberOrUnlimited(text: string): number | 'unlimited' {
  return text === 'unlimited' ? text : wholeNumber(text)
}

function splitGrants({ sessions, requestsPerMinute, credits, ...rest }: Options & GrantOptions) {
  return { grants: { sessions, requestsPerMinute, credits }, rest }
}

/** What a server is told. The doctor takes the same, and examines what is needed for that. */
function addServerOptions(command: Command): Command {
  return command
    .option('--host <address>', 'address to listen on (TANDEM_HOST; default: 127.0.0.1)')
    .option('--port <number>', 'port to listen on, 0 for any (TANDEM_PORT; default: 3210)')
    .option('--public-url <url>', 'how clients reach the server, if otherwise (TANDEM_PUBLIC_URL)')
    .option(...dataDirectoryOption)
    .option(...chromiumOption)
    .option(...pythonOption)
    .option('--isolation <kind>', 'bubblewrap (default), or none (TANDEM_ISOLATION)')
    .option(...bwrapOption)
    .option(
      '--egress-allow <host:port,…>',
      'private targets that sessions may reach (TANDEM_EGRESS_ALLOW)',
    )
    .option(
      '--egress-allow-domains <domain,…>',
      'the only domains that sessions may reach (TANDEM_EGRESS_ALLOW_DOMAINS)',
    )
    .option(
      '--egress-block-domains <domain,…>',
      'domains that sessions never reach (TANDEM_EGRESS_BLOCK_DOMAINS)',
    )
    .option(
      '--egress-name-servers <address,…>',
      'name servers for sessions (TANDEM_EGRESS_NAME_SERVERS)',
    )
    .option(
      '--max-sessions <number>',
      'sessions at once (TANDEM_MAX_SESSIONS; default: from memory and cores)',
    )
    .option(
      '--pool-size <number>',
      'sessions to keep ready (TANDEM_POOL_SIZE; default: as many as are asked for at once)',
    )
    .option(
      '--live-frame-ancestors <sources>',
      'who may show live views in a frame (TANDEM_LIVE_FRAME_ANCESTORS; default: *)',
    )
    .option(
      '--scrape-keep <seconds>',
      'how long the page of a scrape stays open to go on with (TANDEM_SCRAPE_KEEP; default: 60)',
    )
    .option(
      '--browser-memory <megabytes>',
      'for each browser (TANDEM_BROWSER_MEMORY; default: 2048, at most half of the memory)',
    )
    .option(
      '--kernel-memory <megabytes>',
      'for each interpreter (TANDEM_KERNEL_MEMORY; default: 1024, at most a quarter of the memory)',
    )
    .option(
      '--kernel-processes <number>',
      'processes and threads of each interpreter (TANDEM_KERNEL_PROCESSES; default: 256)',
    )
    .option(
      '--session-disk <megabytes>',
      'for the files of each session (TANDEM_SESSION_DISK; default: 1024)',
    )
    .option(
      '--session-files <number>',
      'files and folders of each session (TANDEM_SESSION_FILES; default: 50000)',
    )
    .option(
      '--profile-size <megabytes>',
      'for what sites store in a profile (TANDEM_PROFILE_SIZE; default: 256)',
    )
    .option('--log-level <level>', 'trace to fatal, or silent (TANDEM_LOG_LEVEL; default: info)')
}

const program = new Command('tandem')
  .description('Live browser sessions for agents, scripts and people, on your own machine.')
  .version(version)
  .configureHelp({ showGlobalOptions: false })
  .showHelpAfterError('(see tandem --help)')
  .addHelpText('after', '\nA flag wins over its environment variable.')

addServerOptions(program.command('serve').description('run the server')).action(
  async (options: Options) => {
    const { serve } = await import('./commands/serve.ts')
    await finish(serve(flagsOf(options)))
    // The server had its time to close; what still runs must not keep the process.
    process.exit()
  },
)

addServerOptions(
  program
    .command('doctor')
    .description('say what the server needs of this machine, what is missing, and what helps'),
)
  .option('--json', 'for programs')
  .action(async ({ json, ...options }: Options & { json?: boolean }) => {
    const { doctor } = await import('./commands/doctor.ts')
    await finish(doctor(flagsOf(options), { json: json === true }))
    // What came too late must not keep the process.
    process.exit()
  })

const keys = program.command('keys').description('manage API keys, also while the server runs')

keys
  .command('add')
  .description('make a key and print it, this one time, on stdout')
  .option('--name <name>', 'what the key is for', 'unnamed')
  .option(...sessionsOption)
  .option(...requestsOption)
  .option(...creditsOption)
  .option(...dataDirectoryOption)
  .action(async ({ name, ...options }: Options & GrantOptions & { name: string }) => {
    const { addKey } = await import('./commands/keys.ts')
    const { grants, rest } = splitGrants(options)
    await finish(addKey(flagsOf(rest), { name, ...grants }))
  })

keys
  .command('list')
  .description('list the keys; what is shown cannot be used as one')
  .option(...dataDirectoryOption)
  .action(async (options: Options) => {
    const { listKeys } = await import('./commands/keys.ts')
    await finish(listKeys(flagsOf(options)))
  })

keys
  .command('set')
  .description('change what a key may do, from the next request on')
  .argument('<id>', 'the id that `tandem keys list` shows')
  .option(...sessionsOption)
  .option(...requestsOption)
  .option(...creditsOption)
  .option(...dataDirectoryOption)
  .action(async (id: string, options: Options & GrantOptions) => {
    const { setKey } = await import('./commands/keys.ts')
    const { grants, rest } = splitGrants(options)
    await finish(setKey(flagsOf(rest), id, grants))
  })

keys
  .command('credits')
  .description('give a key more credits')
  .command('add')
  .description('give a key more credits, beside what it has')
  .argument('<id>', 'the id that `tandem keys list` shows')
  .argument('<number>', 'how many', wholeNumber)
  .option(...dataDirectoryOption)
  .action(async (id: string, credits: number, options: Options) => {
    const { addCredits } = await import('./commands/keys.ts')
    await finish(addCredits(flagsOf(options), id, credits))
  })

keys
  .command('revoke')
  .description('make a key useless from now on')
  .argument('<id>', 'the id that `tandem keys list` shows')
  .option(...dataDirectoryOption)
  .action(async (id: string, options: Options) => {
    const { revokeKey } = await import('./commands/keys.ts')
    await finish(revokeKey(flagsOf(options), id))
  })

program
  .command('engine')
  .description('get the browser ready and say where it is')
  .option(...chromiumOption)
  .action(async (options: Options) => {
    const { showEngine } = await import('./commands/engine.ts')
    await finish(showEngine(flagsOf(options)))
  })

/** A command answers with its exit code; what it throws is for the reader. */
async function finish(command: Promise<number>): Promise<void> {
  process.exitCode = await command.catch(async (error: unknown) => {
    const { describeFailure } = await import('./commands/failure.ts')
    process.stderr.write(`${describeFailure(error)}\n`)
    return 1
  })
}

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(`Tandem needs Node 22.18 or later; this is ${process.versions.node}.\n`)
  process.exitCode = 1
} else {
  await program.parseAsync()
}
