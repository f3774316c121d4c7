/** What the set-up found on this machine: where the programs are, and whether it makes sandboxes. */
const ofTheMachine = new Set([
  'TANDEM_BWRAP',
  'TANDEM_CACHE_DIR',
  'TANDEM_ISOLATION',
  'TANDEM_PYTHON',
])

/**
 * The environment for a `tandem` command of a test: that of the tests, without the settings of
 * whoever runs them.
 */
export function machineEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !name.startsWith('TANDEM_') || ofTheMachine.has(name),
    ),
  )
}
