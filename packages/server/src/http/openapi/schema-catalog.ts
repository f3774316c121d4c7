import { z } from 'zod'
import { controlSchema } from '../control-routes.ts'
import { ticketSchema } from '../live-routes.ts'
import { createSessionSchema, executeSchema, interactSchema } from '../schemas.ts'
import { scrapeSchema } from '../scrape-schemas.ts'
import * as answers from './answer-schemas.ts'
import { fieldNotes } from './field-notes.ts'
import * as scrapes from './scrape-answer-schemas.ts'

/** What bodies and answers are made of, by the name under which the document has it. */
const schemas = {
  CreateSessionRequest: createSessionSchema,
  ExecuteRequest: executeSchema,
  InteractRequest: interactSchema,
  ScrapeRequest: scrapeSchema,
  ControlRequest: controlSchema,
  TicketRequest: ticketSchema,
  CreateSessionResponse: answers.createSessionResponse,
  SessionSummary: answers.sessionSummary,
  ListSessionsResponse: answers.listSessionsResponse,
  GetSessionResponse: answers.getSessionResponse,
  DeleteSessionResponse: answers.deleteSessionResponse,
  ExecuteResponse: answers.executeResponse,
  InteractResponse: answers.interactResponse,
  StreamEvents: answers.streamEvents,
  ScrapeResponse: scrapes.scrapeResponse,
  ScrapeDocument: scrapes.scrapeDocument,
  ScrapeActionResults: scrapes.scrapeActionResults,
  ScrapeMetadata: scrapes.scrapeMetadata,
  ProfileSummary: answers.profileSummary,
  ListProfilesResponse: answers.listProfilesResponse,
  DeleteProfileResponse: answers.deleteProfileResponse,
  ControlResponse: answers.controlResponse,
  SessionEvents: answers.sessionEvents,
  TicketResponse: answers.ticketResponse,
  UploadResponse: answers.uploadResponse,
  BrowserVersion: answers.browserVersion,
  PageList: answers.pageList,
  Health: answers.health,
  Ready: answers.ready,
  Unready: answers.unready,
  ErrorResponse: answers.errorResponse,
} satisfies Record<string, z.ZodType>

export type SchemaName = keyof typeof schemas

/** A JSON Schema of the draft 2020-12, which OpenAPI 3.1 speaks. */
export type JsonSchema = { [key: string]: unknown; properties?: Record<string, JsonSchema> }

/** Where the document has a schema. */
export function referenceTo(name: string): string {
  return `#/components/schemas/${name}`
}

/** The schemas as JSON Schema, with what is known of their fields beside. */
export function describeSchemas(): Record<string, JsonSchema> {
  const registry = z.registry<{ id: string }>()
  for (const [id, schema] of Object.entries(schemas)) registry.add(schema, { id })
  const converted = z.toJSONSchema(registry, {
    uri: referenceTo,
    // Answers may have more than this describes, some day.
    io: 'input',
    override: ({ jsonSchema }) => leaveOutSafeIntegers(jsonSchema),
  }).schemas as Record<string, JsonSchema>
  return Object.fromEntries(
    Object.entries(converted).map(([name, { $id: _id, $schema: _draft, ...schema }]) => [
      name,
      { ...annotate(name, schema), ...alternatives[name] },
    ]),
  )
}

/** What zod's refinements hold and JSON Schema has words for. */
const alternatives: Readonly<Record<string, JsonSchema>> = Object.fromEntries(
  (['ExecuteRequest', 'InteractRequest'] satisfies SchemaName[]).map((name) => [
    name,
    { oneOf: [{ required: ['code'] }, { required: ['prompt'] }] },
  ]),
)

/** Zod bounds integers by what numbers hold exactly, which tells a reader nothing. */
function leaveOutSafeIntegers(schema: z.core.JSONSchema.BaseSchema): void {
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum
}

function annotate(name: string, schema: JsonSchema): JsonSchema {
  const notes: Readonly<Record<string, string | object>> | undefined = fieldNotes[name]
  if (!notes || !schema.properties) return schema
  const properties = Object.entries(schema.properties).map(([key, property]) => {
    const note = notes[key]
    return [key, { ...property, ...(typeof note === 'string' ? { description: note } : note) }]
  })
  return { ...schema, properties: Object.fromEntries(properties) }
}
