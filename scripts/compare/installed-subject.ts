import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PackedPackage } from '../packages/pack.ts'
import { installEnvironment } from '../setup/environment.mjs'
import { findNpm } from '../setup/registry-install.mjs'
import { ComparisonFailure } from './comparison-failure.ts'
import type { Subject } from './subjects.ts'
import type { TimeLimit } from './time-limit.ts'

interface Manifest {
  version: string
  dependencies?: Record<string, string>
  peerDependencies?: Record<string, string>
}

/** Seconds for one installation. */
const installSeconds = 240

/** A subject, installed by npm into an empty folder. */
export class InstalledSubject {
  readonly subject: Subject
  /** The folder that `node_modules` lies in. */
  readonly folder: string
  readonly manifest: Manifest

  private constructor(subject: Subject, folder: string) {
    this.subject = subject
    this.folder = folder
    const file = join(folder, 'node_modules', subject.name, 'package.json')
    this.manifest = JSON.parse(readFileSync(file, 'utf8')) as Manifest
  }

  /**
   * @param folder does not exist yet
   * @param packed the packages of this repository
   * @throws ComparisonFailure when a package cannot be had
   */
  static async install(
    subject: Subject,
    folder: string,
    packed: readonly PackedPackage[],
    limit: TimeLimit,
  ): Promise<InstalledSubject> {
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'package.json'), JSON.stringify(projectOf(subject, packed), null, 2))
    const npm = findNpm()
    const options = ['--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error']
    const run = await limit.run(npm.command, [...npm.args, 'install', ...options], {
      cwd: folder,
      // No package has to build anything to be measured.
      env: { ...installEnvironment(), npm_config_ignore_scripts: 'true' },
      seconds: installSeconds,
    })
    if (run.code === 0) return new InstalledSubject(subject, folder)
    const { name, version = 'of this repository', beside } = subject
    const what = `${name} ${version}${beside ? ` with ${beside.name} ${beside.version}` : ''}`
    throw new ComparisonFailure(`${what} cannot be had from the registry:\n${run.output.trim()}`)
  }

  /** What is imported of it. */
  get entry(): string {
    return this.subject.entry ?? this.subject.name
  }

  /** Packages that are installed, itself included. */
  get packages(): number {
    const file = join(this.folder, 'node_modules', '.package-lock.json')
    const lock = JSON.parse(readFileSync(file, 'utf8')) as { packages: object }
    return Object.keys(lock.packages).length
  }

  /** Bytes of all files that are installed. */
  get bytes(): number {
    const modules = join(this.folder, 'node_modules')
    return readdirSync(modules, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name !== '.package-lock.json')
      .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0)
  }
}

/** The manifest of a project that needs nothing else. */
function projectOf({ name, version, beside }: Subject, packed: readonly PackedPackage[]): object {
  const own = packed.find((each) => each.name === name)
  if (version === undefined && !own) {
    throw new ComparisonFailure(`${name} is none of the packages of this repository.`)
  }
  const dependencies = {
    [name]: own ? `file:${own.tarball}` : version,
    ...(beside && { [beside.name]: beside.version }),
  }
  // They depend on each other by versions that no registry has yet.
  const others = packed.filter((each) => each.name !== name)
  const overrides = Object.fromEntries(others.map((each) => [each.name, `file:${each.tarball}`]))
  return { private: true, dependencies, ...(own && { overrides }) }
}
