import { once } from 'node:events'
import { type IncomingMessage, request as send } from 'node:http'
import type { DescribedOperation, OpenApiDocument } from '../../src/http/openapi/document.ts'
import type { Answer } from './api-caller.ts'
import type { ContractWorld } from './contract-world.ts'
import { TestServer } from './test-server.ts'

/** A call of the API, under one of its names. */
export interface ContractCall {
  /** Such as `POST /v2/browser/{sessionId}/execute`. */
  name: string
  method: string
  path: string
  /** The same for all names of it. */
  operation: string
  /** The name that the description has it under first. */
  main: string
  isWebSocket: boolean
}

/** A way in which a call fails, as the description has it. */
export interface DescribedFailure {
  call: ContractCall
  /** Its name in the description. */
  failure: string
  status: number
  error: string
  code?: string
  retryAfter: boolean
}

/** The calls that the description has. */
export function callsOf(document: OpenApiDocument): ContractCall[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, described]) => {
      const upper = method.toUpperCase()
      return {
        name: `${upper} ${path}`,
        method: upper,
        path,
        operation: described.operationId.split('_')[0] as string,
        main: `${upper} ${described['x-alias-of'] ?? path}`,
        isWebSocket: described['x-web-socket'] === true,
      }
    }),
  )
}

/** Every failure of a call that the description has. */
export function failuresOf(document: OpenApiDocument, call: ContractCall): DescribedFailure[] {
  const operation = document.paths[call.path]?.[call.method.toLowerCase()] as DescribedOperation
  return Object.entries(operation.responses).flatMap(([status, { headers, content }]) =>
    Object.keys(content?.['application/json']?.examples ?? {}).map((failure) => {
      const { value } = document.components.examples[failure] as { value: object }
      const { error, code } = value as { error: string; code?: string }
      const retryAfter = headers !== undefined && 'Retry-After' in headers
      return {
        ...{ call, failure, status: Number(status), error, retryAfter },
        ...(code === undefined ? {} : { code }),
      }
    }),
  )
}

/** A request that is about to be sent; conditions change it. */
export interface ContractRequest {
  call: ContractCall
  key: string
  headers: Record<string, string>
  /** What stands in the path, by its name there. */
  ids: Record<'sessionId' | 'jobId' | 'name', string>
  query: string
  /** Fields, or a text that is sent as it is. */
  body: Record<string, unknown> | string | undefined
}

/** One that would be answered with 200. */
export function requestOf(call: ContractCall, world: ContractWorld): ContractRequest {
  const { tokens } = world
  const request: ContractRequest = {
    call,
    key: call.path.startsWith('/v2/') ? TestServer.keys[0] : '',
    headers: {},
    ids: { sessionId: world.living, jobId: world.scraped, name: 'nothing-of-that-name' },
    query: '',
    body: bodies(world)[call.operation],
  }
  if (call.path.startsWith('/cdp/')) request.query = `?token=${tokens.cdp}`
  if (call.operation === 'getMetrics' || call.operation === 'getCounters') {
    request.key = TestServer.operatorKey
  }
  if (call.operation === 'bringFile') {
    request.query = '?name=a.txt'
    request.headers['x-upload-token'] = tokens.upload
    request.headers['content-type'] = 'application/octet-stream'
  }
  return request
}

function bodies({ site, tokens }: ContractWorld): Record<string, ContractRequest['body']> {
  return {
    createSession: {},
    execute: { code: '1' },
    interact: { code: '1' },
    scrape: { url: `${site.url}/` },
    setControl: { action: 'hand_back' },
    issueTicket: { token: tokens.live },
    bringFile: 'content',
  }
}

/** By bare HTTP: `fetch` has its own idea of some headers. */
export async function sendRequest(
  { call, key, headers, ids, query, body }: ContractRequest,
  { server }: ContractWorld,
): Promise<Answer> {
  const path = call.path.replaceAll(/\{(\w+)\}/g, (_, name: keyof typeof ids) =>
    encodeURIComponent(ids[name]),
  )
  const text = typeof body === 'object' ? JSON.stringify(body) : body
  const outgoing = send(server.url + path + query, {
    agent: false,
    method: call.method,
    headers: {
      ...(key === '' ? {} : { authorization: `Bearer ${key}` }),
      ...(text === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
  })
  outgoing.end(text)
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage]
  // What is refused unread may break off where it is still being sent.
  outgoing.on('error', () => {})
  let content = ''
  for await (const chunk of answer.setEncoding('utf8')) content += chunk as string
  const isJson = answer.headers['content-type']?.startsWith('application/json') === true
  return {
    status: answer.statusCode as number,
    headers: new Headers(answer.headers as Record<string, string>),
    body: (isJson ? JSON.parse(content) : { content }) as Record<string, unknown>,
  }
}
