import type { DescribedOperation, OpenApiDocument } from '../../src/http/openapi/document.ts'
import type { JsonSchema } from '../../src/http/openapi/schema-catalog.ts'
import type { Random } from './random.ts'
import type { RawHttpRequest } from './send-raw.ts'

export type FuzzRequest = RawHttpRequest & { operation: string }

/** What lets requests get beyond the first checks. */
export interface Known {
  sessionId: string
  jobId: string
  keys: readonly [string, string]
}

/** Values that programs stumble over. */
const strange: readonly unknown[] = [
  ...[null, true, false, 0, -0, -1, 1.5, 1e308, -1e308, 2 ** 53, 2 ** 31, 1e-320],
  ...[
    '',
    ' ',
    '0',
    'null',
    '\0',
    '\u202e',
    '\ud800',
    '💥'.repeat(50),
    'a'.repeat(5_000),
    '../../etc/passwd',
  ],
  ...[
    '__proto__',
    'constructor',
    '${7*7}',
    "';--",
    '\r\nx: y',
    '%00',
    '{{1}}',
    'file:///etc/passwd',
    'javascript:1',
  ],
  ...[[], {}, [[]], [null], { length: 1e9 }, { toString: 1 }, { valueOf: 1 }],
]

const strangeKeys = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'then',
  '',
  'hasOwnProperty',
  '\u0000',
]

const segments = [
  ...[
    'null',
    'undefined',
    '-1',
    '0',
    '%00',
    '%2e%2e',
    '..%2f..%2fetc',
    '%F0%9F%92%A5',
    '%ff',
    '%zz',
  ],
  ...[
    'a'.repeat(3_000),
    '01890000-0000-7000-8000-000000000000',
    "'",
    '__proto__',
    '*',
    ' ',
    '%0d%0a',
    '{}',
  ],
].map((segment) => segment.replaceAll(' ', '%20'))

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'TRACE', 'PROPFIND']

const types = [
  ...[
    'application/json',
    'application/json; charset=utf-8',
    'application/json; charset=utf-16',
    'text/plain',
  ],
  ...[
    'application/xml',
    'application/x-www-form-urlencoded',
    'multipart/form-data',
    'x',
    '/',
    'application/octet-stream',
  ],
]

/** Operations whose valid calls last, or end what the others need. */
const lasting = new Set([
  'watchSession',
  'createSession',
  'deleteSession',
  'stopInteraction',
  'scrape',
  'setControl',
])

/** Requests without end, each a valid one that something was done to. */
export function* requestsFor(
  document: OpenApiDocument,
  known: Known,
  random: Random,
): Generator<FuzzRequest, never> {
  const operations = Object.entries(document.paths).flatMap(([path, methodsOf]) =>
    Object.entries(methodsOf)
      .filter(([, operation]) => !operation['x-web-socket'])
      .map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  )
  for (;;) {
    const { path, method, operation } = random.pick(operations)
    const request: FuzzRequest = {
      operation: operation.operationId,
      method,
      path: path.replaceAll(/\{(\w+)\}/g, (_, name: string) => valueOf(name, known)),
      headers: { authorization: `Bearer ${known.keys[0]}` },
    }
    const body = bodyOf(document, operation, random)
    if (body !== undefined) {
      request.headers['content-type'] = 'application/json'
      request.body = JSON.stringify(body)
    }
    const changes = mutations.filter(() => random.chance(0.25))
    const name = operation.operationId.split('_')[0] as string
    if (changes.length === 0) changes.push(random.pick(mutations))
    for (const change of changes) change(request, { body, known, random })
    // What is left valid must not last, or take away what the others need.
    const ends = request.method === 'DELETE'
    if (lasting.has(name) || ends) spoil(request, random)
    if (request.body !== undefined) {
      request.headers['content-length'] ??= String(Buffer.byteLength(request.body))
    }
    yield request
  }
}

interface Matter {
  body: unknown
  known: Known
  random: Random
}

type Mutation = (request: FuzzRequest, matter: Matter) => void

const mutations: readonly Mutation[] = [
  function changeSomething(request, { body, random }) {
    if (body === undefined) request.headers['content-type'] = 'application/json'
    request.body = JSON.stringify(mutate(body ?? {}, random, 0))
  },
  function changeMore(request, { body, random }) {
    if (body === undefined) return
    request.body = JSON.stringify(mutate(mutate(body, random, 0), random, 0))
  },
  function breakJson(request, { random }) {
    const text = request.body ?? '{}'
    request.headers['content-type'] = 'application/json'
    request.body = random.pick([
      text.slice(0, Math.floor(random.next() * text.length)),
      `${text}}`,
      text.replace('{', '['),
      `{"__proto__":${text}}`,
      '{"a":1,"a":2',
      '\uFEFF{}',
      '['.repeat(2_000),
      'NaN',
      `{"ttl":1e999}`,
      '"text"',
    ])
  },
  function changePath(request, { random }) {
    const parts = request.path.split('/')
    const at = 1 + Math.floor(random.next() * (parts.length - 1))
    parts[at] = random.pick(segments)
    request.path = parts.join('/')
  },
  function changeQuery(request, { random }) {
    const pairs = [1, 2, 3].map(
      () =>
        `${random.pick(['status', 'token', 'name', 'ticket', '__proto__', ''])}=${random.pick(segments)}`,
    )
    request.path += `?${pairs.join('&')}`
  },
  function changeMethod(request, { random }) {
    request.method = random.pick(methods)
  },
  function changeKey(request, { known, random }) {
    const header = random.pick([
      ...[
        '',
        'Bearer',
        'Bearer ',
        'Basic YTpi',
        `Bearer ${known.keys[0]}x`,
        `Bearer ${'k'.repeat(4_000)}`,
      ],
      ...[
        `Bearer ${known.keys[1]}`,
        `bearer ${known.keys[0]}`,
        `Bearer ${known.keys[0]} ${known.keys[0]}`,
      ],
    ])
    request.headers['authorization'] = header
  },
  function changeType(request, { random }) {
    request.headers['content-type'] = random.pick(types)
  },
  function changeHeaders(request, { random }) {
    request.headers[
      random.pick([
        'idempotency-key',
        'accept',
        'host',
        'x-upload-token',
        'range',
        'expect-ct',
        'accept-encoding',
        'origin',
      ])
    ] = random.pick([
      '',
      ' ',
      '*/*',
      'a b',
      'x'.repeat(300),
      '%%%',
      '"',
      '__proto__',
      'bytes=0-',
      'localhost:99999',
      'é',
    ])
  },
  function tooLarge(request) {
    // It is refused by what it says of itself, before it is sent.
    request.headers['content-type'] = 'application/json'
    request.headers['content-length'] = '300000000'
    request.headers['connection'] = 'close'
  },
]

/** Makes a request bad for certain. */
function spoil(request: FuzzRequest, random: Random): void {
  random.pick<() => void>([
    () => {
      request.headers['authorization'] = 'Bearer td-none-of-this-server'
    },
    () => {
      request.path = request.path.replace('/v2/', '/v3/')
    },
    () => {
      request.method = 'POST'
      request.headers['content-type'] = 'application/json'
      request.body = '{"ttl":'
    },
  ])()
}

function valueOf(name: string, known: Known): string {
  if (name === 'sessionId') return known.sessionId
  return name === 'jobId' ? known.jobId : 'shop'
}

function bodyOf(document: OpenApiDocument, operation: DescribedOperation, random: Random): unknown {
  const schema = operation.requestBody?.content['application/json']?.schema
  return schema === undefined ? undefined : example(document, schema, random)
}

/** A value that a schema allows. */
function example(document: OpenApiDocument, schema: JsonSchema, random: Random): unknown {
  const reference = schema['$ref']
  if (typeof reference === 'string') {
    const name = reference.split('/').at(-1) as string
    return example(document, document.components.schemas[name] as JsonSchema, random)
  }
  if ('const' in schema) return schema['const']
  if (Array.isArray(schema['enum'])) return random.pick(schema['enum'])
  const parts = schema['anyOf'] ?? schema['oneOf']
  if (Array.isArray(parts) && !schema.properties) {
    return example(document, random.pick(parts) as JsonSchema, random)
  }
  if (schema.properties) {
    const required = new Set(schema['required'] as string[] | undefined)
    const chosen = Object.entries(schema.properties).filter(
      ([name]) => required.has(name) || random.chance(0.4),
    )
    return Object.fromEntries(
      chosen.map(([name, property]) => [
        name,
        name === 'code' ? '1' : example(document, property, random),
      ]),
    )
  }
  switch (schema['type']) {
    case 'array':
      return [example(document, schema['items'] as JsonSchema, random)]
    case 'number':
    case 'integer':
      return schema['minimum'] ?? 1
    case 'boolean':
      return random.chance(0.5)
    case 'string':
      return schema['format'] === 'uri' ? 'http://127.0.0.1:9/' : 'a'
    default:
      return {}
  }
}

/** Changes something somewhere in a value. */
function mutate(value: unknown, random: Random, depth: number): unknown {
  if (typeof value !== 'object' || value === null || depth > 4 || random.chance(0.15)) {
    return random.pick(strange)
  }
  if (Array.isArray(value)) {
    return random.chance(0.5)
      ? value.map((item) => mutate(item, random, depth + 1))
      : Array.from({ length: 200 }, () => value[0] as unknown)
  }
  const entries = Object.entries(value)
  if (entries.length === 0 || random.chance(0.3)) {
    // Not by assignment, which would set the prototype.
    return Object.fromEntries([...entries, [random.pick(strangeKeys), random.pick(strange)]])
  }
  const [key] = random.pick(entries)
  if (random.chance(0.2)) return Object.fromEntries(entries.filter(([name]) => name !== key))
  return Object.fromEntries(
    entries.map(([name, item]) => [name, name === key ? mutate(item, random, depth + 1) : item]),
  )
}
