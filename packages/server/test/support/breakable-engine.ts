import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findEngine } from '../../src/index.ts'

export type Behaviour =
  /** Is the real browser. */
  | 'works'
  /** Ends before it has said anything over the pipe. */
  | 'exits'
  /** Runs, with a descendant that has left its process group, and never answers. */
  | 'hangs'
  /** Answers what is no message. */
  | 'babbles'
  /** Answers its version, and nothing after that. */
  | 'falls silent'
  /** Starts well; breaks the pipe when the first client is let in, and runs on. */
  | 'breaks later'

/** A browser executable that behaves as it is told at each start, in place of the real one. */
export class BreakableEngine implements AsyncDisposable {
  /** To be given to the server. It answers `--version` whatever it is told. */
  readonly executable: string
  readonly #directory: string

  private constructor(directory: string) {
    this.#directory = directory
    this.executable = join(directory, 'headless-shell')
  }

  static async create(): Promise<BreakableEngine> {
    const engine = new BreakableEngine(await mkdtemp(join(tmpdir(), 'tandem-engine-')))
    const real = await findEngine()
    const variables = Object.entries(real.env).map(([name, value]) => `export ${name}='${value}'`)
    const program = join(engine.#directory, 'pipe.mjs')
    await writeFile(program, pipeProgram)
    await writeFile(
      engine.executable,
      `#!/bin/sh
if [ "$1" = --version ]; then echo 'Chromium ${real.version}'; exit; fi
echo $$ >> '${engine.#directory}/pids'
case "$(cat '${engine.#directory}/behaviour')" in
works)
  ${variables.join('\n  ')}
  exec '${real.executablePath}' "$@" ;;
exits)
  echo 'no display, no fun' >&2
  exit 3 ;;
hangs)
  setsid sleep 600 &
  exec sleep 600 ;;
*)
  exec '${process.execPath}' '${program}' "$(cat '${engine.#directory}/behaviour')" ;;
esac
`,
    )
    await chmod(engine.executable, 0o755)
    await engine.behave('works')
    return engine
  }

  async behave(behaviour: Behaviour): Promise<void> {
    await writeFile(join(this.#directory, 'behaviour'), behaviour)
  }

  /** Pids of every browser that was started. */
  async started(): Promise<number[]> {
    const text = await readFile(join(this.#directory, 'pids'), 'utf8').catch(() => '')
    return text.trim().split('\n').filter(Boolean).map(Number)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#directory, { recursive: true })
  }
}

/** Reads commands from descriptor 3 and answers on descriptor 4, as Chromium does. */
const pipeProgram = `
import { createReadStream, createWriteStream } from 'node:fs'
const [behaviour] = process.argv.slice(2)
const output = createWriteStream('', { fd: 4 })
setInterval(() => {}, 1_000_000)
if (behaviour === 'babbles') output.write('Hello? Is this thing on?\\0')
const results = {
  'Browser.getVersion': { protocolVersion: '1.3', product: 'Chrome/150.0.0.0' },
  'Target.getTargets': { targetInfos: [{ targetId: 'page', type: 'page' }] },
  'Target.attachToTarget': { sessionId: 'session' },
}
let text = ''
createReadStream('', { fd: 3 }).on('data', (chunk) => {
  text += chunk
  for (let end = text.indexOf('\\0'); end !== -1; end = text.indexOf('\\0')) {
    const { id, method } = JSON.parse(text.slice(0, end))
    text = text.slice(end + 1)
    if (behaviour === 'babbles') continue
    if (behaviour === 'falls silent' && method !== 'Browser.getVersion') continue
    if (method === 'Target.attachToBrowserTarget') output.write('That is enough.\\0')
    else output.write(JSON.stringify({ id, result: results[method] ?? {} }) + '\\0')
  }
})
`
