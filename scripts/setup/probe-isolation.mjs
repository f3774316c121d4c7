// Runs under the project's Node once the packages are there: makes a sandbox as the server does, and
// prints what came of it. An argument names a bubblewrap to use where the machine has none.
import { probeIsolation } from '../../packages/server/src/sandbox/probe-isolation.ts'

const [own] = process.argv.slice(2)
let report = await probeIsolation()
if (report.problem?.reason === 'bubblewrap-missing' && own !== undefined) {
  report = await probeIsolation({ bwrap: own })
}
const { bubblewrap, problem } = report
process.stdout.write(JSON.stringify({ bwrap: bubblewrap?.path, problem }))
