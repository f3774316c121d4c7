// Runs under the project's Node once the packages are there: unpacks the engine if need be, starts
// it once, and prints what it is.
import { EngineError, findEngine } from '../../packages/server/src/browser/engine.ts'

try {
  const { kind, version, executablePath } = await findEngine()
  process.stdout.write(JSON.stringify({ kind, version, executablePath }))
} catch (error) {
  if (!(error instanceof EngineError)) throw error
  process.stderr.write(error.message)
  process.exitCode = 3
}
