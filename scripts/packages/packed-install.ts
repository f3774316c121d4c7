import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { extractBlocks } from '../readme-code/extract-blocks.ts'
import { runQuietly } from '../setup/child-processes.mjs'
import { installEnvironment } from '../setup/environment.mjs'
import { root } from '../setup/paths.mjs'
import { findNpm } from '../setup/registry-install.mjs'
import { startExampleSite } from './example-site.ts'
import { CommandFailure, type PackedPackage, publishedFolders } from './pack.ts'
import { startPackedServer } from './packed-server.ts'
import { testedVersion } from './tested-version.ts'

/** The Markdown files whose examples run: every block of the first, the first block of the others. */
function examples(): { origin: string; code: string }[] {
  const readmes = ['README.md', ...publishedFolders.map((folder) => join(folder, 'README.md'))]
  return readmes.flatMap((readme) => {
    const { blocks } = extractBlocks(readFileSync(join(root, readme), 'utf8'))
    const chosen = readme === 'README.md' ? blocks : blocks.slice(0, 1)
    return chosen.map(({ line, code }) => ({ origin: `${readme}:${line}`, code }))
  })
}

/** What a reader would install beside our packages. */
const peers = ['@langchain/core', 'ai', 'playwright-core']

/** Installs the tarballs with plain npm into an empty project, as a user would. */
async function installTarballs(project: string, packages: readonly PackedPackage[]): Promise<void> {
  const ours = Object.fromEntries(packages.map(({ name, tarball }) => [name, `file:${tarball}`]))
  const manifest = {
    private: true,
    type: 'module',
    dependencies: {
      ...ours,
      ...Object.fromEntries(peers.map((name) => [name, testedVersion(name)])),
    },
    // They depend on each other by versions that no registry has yet.
    overrides: Object.fromEntries(packages.map(({ name }) => [name, `$${name}`])),
  }
  mkdirSync(project, { recursive: true })
  writeFileSync(join(project, 'package.json'), JSON.stringify(manifest, null, 2))
  const npm = findNpm()
  const options = ['--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error']
  const run = await runQuietly(npm.command, [...npm.args, 'install', ...options], {
    cwd: project,
    env: installEnvironment(),
    deadlineSeconds: 180,
  })
  if (run.code !== 0) throw new CommandFailure(`npm install of the tarballs failed:\n${run.output}`)
}

/**
 * Installs the packed packages into an empty project, starts the server from there and runs the
 * examples of the READMEs against it.
 *
 * @returns which examples ran
 */
export async function runPackedExamples(
  project: string,
  packages: readonly PackedPackage[],
): Promise<string[]> {
  await installTarballs(project, packages)
  await using site = await startExampleSite()
  await using server = await startPackedServer(project, new URL(site.url).host)
  const chosen = examples()
  for (const [index, { origin, code }] of chosen.entries()) {
    const file = join(project, `example-${index}.mts`)
    writeFileSync(file, code.replaceAll('https://example.com', site.url))
    const run = await runQuietly(process.execPath, [file], {
      cwd: project,
      env: { ...process.env, TANDEM_BASE_URL: server.url, TANDEM_API_KEY: server.apiKey },
      deadlineSeconds: 60,
    })
    const how = run.timedOut ? 'did not end within 60 s' : `ended with ${run.code}`
    if (run.code !== 0) throw new CommandFailure(`the example of ${origin} ${how}:\n${run.output}`)
    if (run.stdout.trim() === '')
      throw new CommandFailure(`the example of ${origin} printed nothing`)
  }
  if (chosen.length === 0) throw new CommandFailure('no README holds an example to run')
  return chosen.map(({ origin }) => origin)
}
