import type {
  CreateSessionOptions,
  CreateSessionResponse,
  DeleteSessionResponse,
  ErrorResponse,
  ExecuteRequest,
  ExecutionOutput,
  GetSessionResponse,
  InteractRequest,
  InteractResponse,
  ProfileSummary,
  SessionSummary,
} from '@tandem-browser/core'
import type { Note, Notes } from './note.ts'
import { scrapeDocumentNotes, scrapeRequestNotes } from './scrape-field-notes.ts'

const urls = {
  cdpUrl: 'A WebSocket for CDP clients. Whoever has it may use it: keep it secret.',
  liveViewUrl:
    'A page to look at the session, without a key. An empty string when there is none. Keep it secret.',
  interactiveLiveViewUrl:
    'A page to look at the session and to use it, without a key. An empty string when there is none. Keep it secret.',
}

const profile = 'Named browser state to start from, and to save to at the end.'
const integration = 'Name of the integration that calls.'
const origin = 'Name and version of the client that calls.'
const ttl = {
  description: 'Seconds that the session lives at the most.',
  default: 600,
}
const activityTtl = {
  description: 'Seconds without activity after which the session ends.',
  default: 300,
}

const code = 'What to run: 1 to 100,000 bytes of UTF-8.'
const prompt = 'What to do, in words. Needs a model that the server is configured for.'
const language = { description: 'Ignored for a prompt.', default: 'node' }
const timeout = {
  description: 'Seconds after which the execution is killed; for a prompt, each of its steps.',
  default: 30,
}

const output = {
  stdout: 'What was printed, at most 1 MiB.',
  stderr: 'What was printed there, and the error that ended it. At most 1 MiB.',
  result:
    'node: the value of the last expression, a string as it is, else JSON; without one, and in python and bash, ' +
    'the stdout without its last newline.',
  exitCode:
    '0 when it ended well, 1 when it threw, 124 when its timeout and 137 when a limit killed it.',
  killed: 'Whether its timeout or a limit killed it.',
  truncated: 'There, and true, when an output was cut at 1 MiB.',
  error: 'There when it failed.',
} satisfies Notes<ExecutionOutput>

const success = 'Always true.'
const profileError = 'Why the profile was not saved although it was to be.'
const sessionDurationMs = 'Milliseconds that the session lived.'
const creditsBilled = 'What it cost. It is billed once, and every later answer says the same.'

const summary = {
  id: 'Names the session.',
  status: 'Whether it lives.',
  ...urls,
  streamWebView: 'Whether it has a live view.',
  createdAt: 'When it was made.',
  lastActivity: 'When it was used last.',
  expiresAt: 'When it ends at the latest. Only of one that lives.',
  endReason: 'Why it ended. Only of one that has.',
  profileError,
} satisfies Notes<SessionSummary>

/** By the name of the schema in the document, and by its fields. */
export const fieldNotes: Readonly<Record<string, Readonly<Record<string, Note>>>> = {
  CreateSessionRequest: {
    ttl,
    activityTtl,
    streamWebView: { description: 'Whether it has a live view.', default: true },
    profile,
    integration,
    origin,
  } satisfies Notes<CreateSessionOptions>,
  ExecuteRequest: {
    code,
    prompt,
    language,
    timeout,
    origin,
  } satisfies Notes<ExecuteRequest> & { prompt: Note },
  InteractRequest: {
    code,
    prompt,
    language,
    timeout,
    ttl: { ...ttl, description: `${ttl.description} Read by the call that makes the session.` },
    activityTtl: {
      ...activityTtl,
      description: `${activityTtl.description} Read by the call that makes the session.`,
    },
    existingSessionId:
      'A standalone session of yours to go on with as that of the scrape. One that cannot be used is ignored.',
    url: 'Where to start when nothing was kept of the scrape.',
    integration,
    origin,
  } satisfies Notes<InteractRequest>,
  ScrapeRequest: scrapeRequestNotes,
  CreateSessionResponse: {
    success,
    id: summary.id,
    ...urls,
    expiresAt: 'When it ends at the latest.',
  } satisfies Notes<CreateSessionResponse>,
  SessionSummary: summary,
  GetSessionResponse: {
    success,
    ...summary,
    sessionDurationMs,
    creditsBilled,
  } satisfies Notes<GetSessionResponse>,
  DeleteSessionResponse: {
    success,
    sessionDurationMs,
    creditsBilled,
    profileError,
  } satisfies Notes<DeleteSessionResponse>,
  ExecuteResponse: {
    success: 'True whenever the code was run; `error` says whether it failed.',
    ...output,
  },
  InteractResponse: {
    success: 'Whether it ended well. The status is 200 also when it is false.',
    sessionId: 'The session of that scrape.',
    ...urls,
    output: 'What the agent answers to a prompt.',
    ...output,
  } satisfies Notes<InteractResponse>,
  ScrapeDocument: scrapeDocumentNotes,
  ProfileSummary: {
    name: 'Its name, within those of the key.',
    size: 'Bytes on the disk of the server.',
    updatedAt: 'When it was saved last.',
    writing: 'Whether a session holds it to save to it.',
  } satisfies Notes<ProfileSummary>,
  ErrorResponse: {
    success: 'Always false.',
    error: 'What was wrong, and what would be right.',
    code: 'For programs, where there is one.',
    details: 'Every problem of the input, or what else belongs to the failure.',
  } satisfies Notes<ErrorResponse>,
}
