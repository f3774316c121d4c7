import { findDelegation } from '../sandbox/control-groups.ts'
import { type Observation, ok } from './finding.ts'

/** What bounds what sessions use. Either way does, so nothing is wrong without control groups. */
export async function examineControlGroups(): Promise<Observation> {
  const delegation = await findDelegation()
  if ('problem' in delegation) {
    return ok(
      `not used, since ${delegation.problem}: the server watches by itself what sessions use`,
    )
  }
  return ok(`one for each browser and kernel, with ${[...delegation.controllers].join(', ')}`)
}
