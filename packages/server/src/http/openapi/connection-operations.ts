import { z } from 'zod'
import { type Operation, type Parameter, json } from './operation.ts'
import { sessionId } from './parameters.ts'

const token: Parameter = {
  name: 'token',
  in: 'query',
  description: 'The token of the `cdpUrl`. It may come as `Authorization: Bearer` instead.',
  schema: z.string(),
}

const devTools =
  'Messages are those of the Chrome DevTools Protocol, one JSON object a text frame. What a client may not do ' +
  'is refused with error code -32090. `Browser.close` disconnects the client alone.'

const cdpFailures = [
  'cdpTokenMissing',
  'cdpTokenInvalid',
  'sessionNotFound',
  'sessionDestroyed',
] as const

/** What CDP clients and viewers connect to. */
export const connectionOperations: readonly Operation[] = [
  {
    id: 'connectCdp',
    tag: 'CDP',
    method: 'get',
    path: '/cdp/{sessionId}',
    summary: 'The cdpUrl: a WebSocket to the browser',
    description: devTools,
    access: 'cdpToken',
    parameters: [sessionId, token],
    answers: [{ status: 101, description: 'It is a WebSocket.' }],
    failures: cdpFailures,
    webSocket: true,
  },
  {
    id: 'connectCdpPage',
    tag: 'CDP',
    method: 'get',
    path: '/cdp/{sessionId}/devtools/page/{targetId}',
    summary: 'A WebSocket to one page',
    description: devTools,
    access: 'cdpToken',
    parameters: [
      sessionId,
      {
        name: 'targetId',
        in: 'path',
        description: 'The `id` of the page in `/json/list`.',
        required: true,
        schema: z.string(),
      },
      token,
    ],
    answers: [
      {
        status: 101,
        description: 'It is a WebSocket. That of a page that there is not is closed with a reason.',
      },
    ],
    failures: cdpFailures,
    webSocket: true,
  },
  {
    id: 'describeBrowser',
    tag: 'CDP',
    method: 'get',
    path: '/cdp/{sessionId}/json/version',
    summary: 'What CDP clients look up first',
    access: 'cdpToken',
    parameters: [sessionId, token],
    answers: [{ status: 200, description: 'The browser.', content: { [json]: 'BrowserVersion' } }],
    failures: ['invalidHost', ...cdpFailures],
  },
  {
    id: 'listPages',
    tag: 'CDP',
    method: 'get',
    path: '/cdp/{sessionId}/json/list',
    aliases: ['/cdp/{sessionId}/json'],
    summary: 'The open pages',
    access: 'cdpToken',
    parameters: [sessionId, token],
    answers: [{ status: 200, description: 'The pages.', content: { [json]: 'PageList' } }],
    failures: ['invalidHost', ...cdpFailures, 'browserSilent'],
  },
  {
    id: 'showLiveView',
    tag: 'Live view',
    method: 'get',
    path: '/live/{sessionId}',
    summary: 'The page of a live view',
    description:
      'The `liveViewUrl`, whose fragment is the token. The page may stand in a frame. It is the same for every ' +
      'session, and holds nothing of any.',
    access: 'anybody',
    parameters: [sessionId],
    answers: [{ status: 200, description: 'The page.', content: { 'text/html': 'text' } }],
    failures: [],
  },
  {
    id: 'issueTicket',
    tag: 'Live view',
    method: 'post',
    path: '/live/{sessionId}/ticket',
    summary: 'Change the token of a live view for a ticket',
    description: 'A ticket is good for one connection, for 30 seconds.',
    access: 'liveToken',
    parameters: [sessionId],
    body: { content: { [json]: 'TicketRequest' }, required: true },
    answers: [{ status: 200, description: 'The ticket.', content: { [json]: 'TicketResponse' } }],
    failures: ['badRequest', 'liveTokenInvalid', 'sessionNotFound', 'sessionDestroyed'],
  },
  {
    id: 'connectLiveView',
    tag: 'Live view',
    method: 'get',
    path: '/live/{sessionId}/socket',
    summary: 'The WebSocket of a viewer',
    description:
      'Binary frames are pictures of the page, text frames JSON objects. What a viewer sends is the concern of ' +
      'the page at `/live/{sessionId}`, which comes with the server.',
    access: 'liveToken',
    parameters: [
      sessionId,
      {
        name: 'ticket',
        in: 'query',
        description: 'From `/live/{sessionId}/ticket`.',
        required: true,
        schema: z.string(),
      },
      {
        name: 'viewer',
        in: 'query',
        description: 'The name that the viewer was given before its connection broke.',
        schema: z.string(),
      },
    ],
    answers: [
      {
        status: 101,
        description: 'It is a WebSocket. It is closed with 1013 when there are too many viewers.',
      },
    ],
    failures: ['ticketInvalid', 'sessionNotFound', 'sessionDestroyed'],
    webSocket: true,
  },
  {
    id: 'bringFile',
    tag: 'Live view',
    method: 'post',
    path: '/live/{sessionId}/files',
    summary: 'Bring a file that the page asked the viewer for',
    access: 'liveToken',
    parameters: [
      sessionId,
      {
        name: 'name',
        in: 'query',
        description: 'The name of the file.',
        required: true,
        schema: z.string().min(1).max(300),
      },
      {
        name: 'X-Upload-Token',
        in: 'header',
        description: 'What the viewer was told on its connection.',
        required: true,
        schema: z.string(),
      },
    ],
    body: { content: { 'application/octet-stream': 'bytes' }, required: true },
    answers: [{ status: 200, description: 'It is there.', content: { [json]: 'UploadResponse' } }],
    failures: [
      'badRequest',
      'uploadTokenInvalid',
      'sessionNotFound',
      'sessionDestroyed',
      'fileTooLarge',
      'notBytes',
    ],
  },
]
