/** That a process was ended because it, or what it started, used more than it may. */
export interface Overrun {
  readonly resource: 'memory' | 'disk' | 'processes'
  /** What was used and what the limit is; goes on after "The execution was killed: ". */
  readonly detail: string
}

const megabyte = 1024 * 1024

export function memoryOverrun(usedBytes: number, limitBytes: number): Overrun {
  const limit = megabytes(limitBytes)
  const used = usedBytes > limitBytes ? megabytes(usedBytes) : `all of the ${limit}`
  const detail =
    `it used ${used} of memory, with all of its processes and temporary files; ` +
    `the limit is ${limit}.`
  return { resource: 'memory', detail }
}

/** @param folder As the code in the session knows it. */
export function diskOverrun(usedBytes: number, limitBytes: number, folder: string): Overrun {
  const detail =
    `${folder} holds ${megabytes(usedBytes)}, and the limit is ${megabytes(limitBytes)}. ` +
    removalHint
  return { resource: 'disk', detail }
}

/** @param folder As the code in the session knows it. */
export function filesOverrun(limit: number, folder: string): Overrun {
  const detail = `${folder} holds more than ${limit} files and folders, which is the limit. ${removalHint}`
  return { resource: 'disk', detail }
}

/** @param sessions Of processes, as setsid(2) makes them. */
export function crowdOverrun(sessions: number, limit: number): Overrun {
  const detail =
    `its processes made ${sessions} sessions (setsid, detached processes); the limit is ${limit}. ` +
    'Start them without, or fewer at a time.'
  return { resource: 'processes', detail }
}

const removalHint = 'Remove some: an execution that adds nothing there is not killed.'

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / megabyte)} MB`
}
