import { STATUS_CODES } from 'node:http'
import { z } from 'zod'
import { version } from '../../version.ts'
import { connectionOperations } from './connection-operations.ts'
import { type FailureName, failures } from './failures.ts'
import { type Access, type Answer, type Content, type Operation, json } from './operation.ts'
import { idempotencyKey } from './parameters.ts'
import { type JsonSchema, describeSchemas, referenceTo } from './schema-catalog.ts'
import { scrapeOperations } from './scrape-operations.ts'
import { serverOperations } from './server-operations.ts'
import { sessionOperations } from './session-operations.ts'

const operations: readonly Operation[] = [
  ...sessionOperations,
  ...scrapeOperations,
  ...connectionOperations,
  ...serverOperations,
]

const tags: Readonly<Record<Operation['tag'], string>> = {
  Sessions: 'Browsers that live for a while, and code that runs in them.',
  Scrape: 'Pages that are loaded, given back, and gone on with.',
  Control: 'Who drives a session: its agents, or a person.',
  Profiles: 'Named states of a browser that outlive sessions.',
  CDP: 'For Playwright, Puppeteer and whatever else speaks the DevTools Protocol.',
  'Live view': 'For people who look, and who take over.',
  Server: 'For those who run it.',
}

const security: Readonly<Record<Access, object[]>> = {
  key: [{ apiKey: [] }],
  operator: [{ operatorKey: [] }],
  anybody: [],
  cdpToken: [{ cdpToken: [] }, { cdpTokenHeader: [] }],
  liveToken: [{ liveToken: [] }],
}

export interface DescribedParameter {
  name: string
  in: string
  description: string
  required: boolean
  schema: JsonSchema
}

export interface DescribedContent {
  schema: JsonSchema
  examples?: Record<string, { $ref: string }>
}

export interface DescribedAnswer {
  description: string
  headers?: Record<string, object>
  content?: Record<string, DescribedContent>
  'x-events'?: { $ref: string }
}

export interface DescribedOperation {
  operationId: string
  tags: string[]
  summary: string
  description?: string
  security: object[]
  parameters?: DescribedParameter[]
  requestBody?: { required: boolean; content: Record<string, DescribedContent> }
  responses: Record<string, DescribedAnswer>
  'x-web-socket'?: true
  /** The path of which this is another name. */
  'x-alias-of'?: string
}

export interface OpenApiDocument {
  openapi: string
  info: object
  servers: { url: string }[]
  tags: { name: string; description: string }[]
  paths: Record<string, Record<string, DescribedOperation>>
  components: {
    schemas: Record<string, JsonSchema>
    examples: Record<string, { summary: string; value: object }>
    securitySchemes: object
  }
}

/**
 * The API as OpenAPI 3.1, made of the schemas that validate what comes, of those that the types of
 * the answers are held to, and of the errors that the server raises.
 */
export function describeApi(publicUrl: string | undefined): OpenApiDocument {
  const paths: OpenApiDocument['paths'] = {}
  for (const operation of operations) {
    for (const path of [operation.path, ...(operation.aliases ?? [])]) {
      paths[path] = { ...paths[path], [operation.method]: describe(operation, path) }
    }
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Tandem: the Interact API v2',
      version,
      description:
        'Live browser sessions that code, CDP clients and people share. Every answer has an `X-Request-Id`.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: publicUrl ?? '/' }],
    tags: Object.entries(tags).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      schemas: { ...describeSchemas(), Counters: { type: 'object' }, Document: { type: 'object' } },
      examples: Object.fromEntries(
        Object.entries(failures).map(([name, { when, error, ...failure }]) => {
          const code = 'code' in failure ? { code: failure.code } : {}
          return [name, { summary: when, value: { success: false, error, ...code } }]
        }),
      ),
      securitySchemes: {
        apiKey: { type: 'http', scheme: 'bearer', description: 'A key of `tandem keys`.' },
        operatorKey: {
          type: 'http',
          scheme: 'bearer',
          description: 'One of `TANDEM_OPERATOR_KEYS`.',
        },
        cdpToken: {
          type: 'apiKey',
          in: 'query',
          name: 'token',
          description: 'As the `cdpUrl` has it.',
        },
        cdpTokenHeader: { type: 'http', scheme: 'bearer', description: 'The same, as a header.' },
        liveToken: {
          type: 'apiKey',
          in: 'query',
          name: 'ticket',
          description:
            'The fragment of a live view URL is sent to `/live/{sessionId}/ticket`, which gives a ticket for one ' +
            'connection; that gives a token for files.',
        },
      },
    },
  }
}

function describe(operation: Operation, path: string): DescribedOperation {
  const { id, tag, summary, description, access, parameters, body, answers } = operation
  const isRepeatable = parameters?.includes(idempotencyKey) === true
  const isAlias = path !== operation.path
  const sentences = [description, isAlias ? `Another name of \`${operation.path}\`.` : undefined]
  const text = sentences.filter((each) => each !== undefined).join(' ')
  return {
    operationId: isAlias ? `${id}_${operation.aliases?.indexOf(path)}` : id,
    tags: [tag],
    summary,
    ...(text === '' ? {} : { description: text }),
    security: security[access],
    ...(parameters
      ? {
          parameters: parameters.map(({ schema, required = false, ...parameter }) => ({
            ...parameter,
            required,
            schema: jsonSchemaOf(schema),
          })),
        }
      : {}),
    ...(body
      ? { requestBody: { required: body.required, content: describeContent(body.content) } }
      : {}),
    responses: {
      ...Object.fromEntries(
        answers.map((answer) => [answer.status, describeAnswer(answer, isRepeatable)]),
      ),
      ...describeFailures(failuresOf(operation)),
    },
    ...(operation.webSocket ? { 'x-web-socket': true } : {}),
    ...(isAlias ? { 'x-alias-of': operation.path } : {}),
  }
}

/** Those of its own, and those of everything that is opened or sent in the same way. */
function failuresOf({ access, body, failures: own }: Operation): FailureName[] {
  const isJson = body !== undefined && json in body.content
  return [
    ...(access === 'key' ? (['invalidHost', 'tokenMissing', 'tokenInvalid'] as const) : []),
    ...(access === 'operator' ? (['tokenMissing'] as const) : []),
    ...(isJson ? (['malformedJson', 'bodyTooLarge', 'notJson'] as const) : []),
    ...own,
    ...(access === 'key' ? (['rateLimit'] as const) : []),
    'unknown',
  ]
}

function describeFailures(names: readonly FailureName[]): Record<string, DescribedAnswer> {
  const byStatus = Map.groupBy(names, (name) => failures[name].status)
  const described = [...byStatus].map(([status, group]): [string, DescribedAnswer] => {
    const examples = group.map((name) => [name, { $ref: `#/components/examples/${name}` }] as const)
    const retryAfter = group.some((name) => 'retryAfter' in failures[name])
    return [
      String(status),
      {
        description: STATUS_CODES[status] ?? String(status),
        headers: describeHeaders(
          retryAfter ? { 'Retry-After': 'Seconds after which it may go well.' } : {},
        ),
        content: {
          [json]: {
            schema: { $ref: referenceTo('ErrorResponse') },
            examples: Object.fromEntries(examples),
          },
        },
      },
    ]
  })
  return Object.fromEntries(described)
}

function describeAnswer(
  { description, content, events }: Answer,
  isRepeatable: boolean,
): DescribedAnswer {
  return {
    description,
    headers: describeHeaders(
      isRepeatable
        ? { 'Idempotent-Replayed': '`true` when the same key has had this answer before.' }
        : {},
    ),
    ...(content ? { content: describeContent(content) } : {}),
    ...(events ? { 'x-events': { $ref: referenceTo(events) } } : {}),
  }
}

function describeHeaders(headers: Readonly<Record<string, string>>): Record<string, object> {
  const all = { 'X-Request-Id': 'Names the call in the log of the server.', ...headers }
  return Object.fromEntries(
    Object.entries(all).map(([name, description]) => [
      name,
      { description, schema: { type: 'string' } },
    ]),
  )
}

function describeContent(content: Content): Record<string, DescribedContent> {
  const described = Object.entries(content).map(([mediaType, schema]) => {
    if (schema === 'text') return [mediaType, { schema: { type: 'string' } }]
    // Bytes as they are have no schema in OpenAPI 3.1.
    if (schema === 'bytes') return [mediaType, { schema: {} }]
    return [mediaType, { schema: { $ref: referenceTo(schema) } }]
  })
  return Object.fromEntries(described)
}

function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  const { $schema: _draft, ...converted } = z.toJSONSchema(schema, { io: 'input' })
  return converted as JsonSchema
}
