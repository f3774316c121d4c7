/**
 * The vocabulary of the Interact API v2, as it travels on the wire.
 *
 * These types are written by hand and are the reference for the whole
 * repository: the server's validation schemas are checked against them at
 * compile time, in both directions.
 */

/** Language of an execution. */
export type Language = 'node' | 'python' | 'bash'

/** State of a session as the API reports it. */
export type SessionStatus = 'active' | 'destroyed' | 'error'

/** Why a session ended. */
export type EndReason =
  | 'released'
  | 'ttl'
  | 'idle'
  | 'crashed'
  | 'out_of_memory'
  | 'out_of_disk'
  | 'server_shutdown'
  | 'node_lost'

/** Named browser state that outlives sessions. One writer, many readers. */
export interface ProfileOptions {
  /** 1 to 128 characters; a name belongs to the API key's team. */
  name: string
  /** Whether the state is saved when the session ends. Default: true. */
  saveChanges?: boolean
}

/** Body of `POST /v2/interact`. */
export interface CreateSessionOptions {
  /** Longest life of the session, in seconds, 30 to 3600. Default: 600. */
  ttl?: number
  /** The session ends after this many seconds without activity, 10 to 3600. Default: 300. */
  activityTtl?: number
  /** Whether the session gets live view URLs. Default: true. */
  streamWebView?: boolean
  /** Browser state to start from and to save to. */
  profile?: ProfileOptions
  /** Name of the integration that calls, for the operator's statistics. */
  integration?: string
  /** Name and version of the client that calls. */
  origin?: string
}

/**
 * Answer of `POST /v2/interact`. `cdpUrl`, `liveViewUrl` and
 * `interactiveLiveViewUrl` are capability URLs: whoever has one may use it.
 * A URL that the server does not offer is an empty string.
 */
export interface CreateSessionResponse {
  success: true
  id: string
  cdpUrl: string
  liveViewUrl: string
  interactiveLiveViewUrl: string
  /** When the session ends at the latest, ISO 8601. */
  expiresAt: string
}

/** One session in the answer of `GET /v2/interact`. */
export interface SessionSummary {
  id: string
  status: SessionStatus
  cdpUrl: string
  liveViewUrl: string
  interactiveLiveViewUrl: string
  streamWebView: boolean
  /** ISO 8601. */
  createdAt: string
  /** ISO 8601. */
  lastActivity: string
  /** Only of an active session: when it ends at the latest, ISO 8601. */
  expiresAt?: string
  /** Only of a session that ended. */
  endReason?: EndReason
  /** Only of a session that ended: why its profile was not saved although it was to be. */
  profileError?: string
}

/** Answer of `GET /v2/interact`, newest session first. */
export interface ListSessionsResponse {
  success: true
  sessions: SessionSummary[]
}

/** Answer of `GET /v2/interact/{id}`. */
export interface GetSessionResponse extends SessionSummary {
  success: true
  /** Only of a session that ended. */
  sessionDurationMs?: number
  /** Only of a session that ended. */
  creditsBilled?: number
}

/** Body of `POST /v2/interact/{id}/execute`. */
export interface ExecuteRequest {
  /** 1 to 100,000 bytes of UTF-8. */
  code: string
  /** Default: `node`. */
  language?: Language
  /** Seconds after which the execution is killed, 1 to 300. Default: 30. */
  timeout?: number
  origin?: string
}

/** What one run of code left behind. All text fields are always strings. */
export interface ExecutionOutput {
  /** What the code printed. At most 1 MiB. */
  stdout: string
  /** What the code printed to standard error, or the error that ended it. At most 1 MiB. */
  stderr: string
  /**
   * node: the value of the last expression, a string as it is, anything else
   * as JSON; the stdout when there is no value. python, bash: the stdout
   * without its last newline.
   */
  result: string
  /** 0 when the code ended well; 124 when it was killed by its timeout. */
  exitCode: number
  /** Whether the execution was killed by its timeout. */
  killed: boolean
  /** Present and true when an output was cut at 1 MiB. */
  truncated?: boolean
  /** Present when the code failed. */
  error?: string
}

/**
 * Answer of `POST /v2/interact/{id}/execute`. `success` is true whenever the
 * code was run; `error` says whether it failed.
 */
export interface ExecuteResponse extends ExecutionOutput {
  success: true
}

/** Body of `POST /v2/scrape/{jobId}/interact`: exactly one of `code` and `prompt`. */
export interface InteractRequest {
  code?: string
  /** A task in words, 1 to 10,000 characters. */
  prompt?: string
  /** Default: `node`. Ignored for a prompt. */
  language?: Language
  /** Seconds, 1 to 300; for a prompt it bounds each step. Default: 30. */
  timeout?: number
  /** Read only by the call that creates the session. */
  ttl?: number
  /** Read only by the call that creates the session. */
  activityTtl?: number
  /**
   * A standalone session of yours to go on with as this scrape's, as it is: its page is not brought
   * to the scrape's. Ignored when there is no such session, or the scrape has one.
   */
  existingSessionId?: string
  /** Where to start when nothing was kept of the scrape. */
  url?: string
  integration?: string
  origin?: string
}

/**
 * Answer of `POST /v2/scrape/{jobId}/interact`. Here `success` is false, with
 * HTTP status 200, when the code failed or was killed.
 */
export interface InteractResponse extends ExecutionOutput {
  success: boolean
  sessionId: string
  cdpUrl: string
  liveViewUrl: string
  interactiveLiveViewUrl: string
  /** The agent's answer to a prompt. */
  output?: string
}

/** Answer of both DELETE calls. May be asked for again and answers the same. */
export interface DeleteSessionResponse {
  success: true
  sessionDurationMs: number
  creditsBilled: number
  /** Why the session's profile was not saved although it was to be. */
  profileError?: string
}

/** One saved profile in the answer of `GET /v2/interact/profiles`. */
export interface ProfileSummary {
  name: string
  /** Bytes on the server's disk. */
  size: number
  /** When it was saved last, ISO 8601. */
  updatedAt: string
  /** Whether a session holds it to save to it. */
  writing: boolean
}

/** Answer of `GET /v2/interact/profiles`, by name. */
export interface ListProfilesResponse {
  success: true
  profiles: ProfileSummary[]
}

/** Answer of `DELETE /v2/interact/profiles/{name}`. */
export interface DeleteProfileResponse {
  success: true
}

/** Body of `POST /v2/interact/{sessionId}/control`: a person takes the browser, or hands it back. */
export type ControlRequest =
  | {
      action: 'take'
      /** What becomes of executions that come meanwhile: they wait, or are refused. Default: wait. */
      mode?: 'wait' | 'refuse'
      /** Seconds until it is handed back by itself, 1 to 3600. Default: 600. */
      limit?: number
      /** Whether to take it from another person. */
      force?: boolean
    }
  | { action: 'hand_back' }

/** Who drives a session's browser. Times are ISO 8601. */
export type ControlResponse =
  | { success: true; driver: 'agent' }
  | { success: true; driver: 'human'; mode: 'wait' | 'refuse'; since: string; until: string }

/** What `GET /v2/interact/{sessionId}/events` tells, as server-sent events by these names. */
export interface SessionEvents {
  /** Who drives: once at the beginning, and with every change. */
  control:
    | { driver: 'agent' }
    | { driver: 'human'; mode: 'wait' | 'refuse'; since: string; until: string }
  /** How many people look: once at the beginning, and with every change. */
  viewers: { watching: number; interactive: number }
  /** The last one. */
  ended: { endReason: EndReason }
}

/** What every failed call answers with. */
export interface ErrorResponse {
  success: false
  error: string
  code?: string
  details?: unknown
}

/** Server-sent events of a streamed execution, by event name. */
export interface StreamEvents {
  stdout: { text: string }
  stderr: { text: string }
  /** A step of the prompt agent. */
  step: { index: number; command: string; output: string; exitCode: number }
  /** Always last when the server could answer. */
  result: ExecuteResponse | InteractResponse
  /** Last instead of `result` when the service failed after the stream began. */
  error: ErrorResponse & { status: number }
}
