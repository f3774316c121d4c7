import type { z } from 'zod'
import type { FailureName } from './failures.ts'
import type { SchemaName } from './schema-catalog.ts'

/** What opens an endpoint. */
export type Access = 'key' | 'operator' | 'anybody' | 'cdpToken' | 'liveToken'

export interface Parameter {
  name: string
  in: 'path' | 'query' | 'header'
  description: string
  required?: boolean
  schema: z.ZodType
}

/** What a body or an answer holds, by media type. */
export type Content = Readonly<
  Record<string, SchemaName | 'Counters' | 'Document' | 'text' | 'bytes'>
>

export interface Answer {
  status: number
  description: string
  content?: Content
  /** The schema whose properties are the data of the server-sent events, by their names. */
  events?: SchemaName
}

/** One endpoint, under all of its names. */
export interface Operation {
  /** In camel case, unique. */
  id: string
  tag: 'Sessions' | 'Scrape' | 'Control' | 'Profiles' | 'CDP' | 'Live view' | 'Server'
  method: 'get' | 'post' | 'delete'
  path: string
  /** Other names of it, which do the same. */
  aliases?: readonly string[]
  summary: string
  description?: string
  access: Access
  parameters?: readonly Parameter[]
  body?: { content: Content; required: boolean }
  answers: readonly Answer[]
  failures: readonly FailureName[]
  /** Whether it becomes a WebSocket. */
  webSocket?: true
}

export const json = 'application/json'
