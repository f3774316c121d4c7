import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { FastifyInstance, FastifyReply } from 'fastify'

const folder = new URL('../live/page/', import.meta.url)

const types: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
}

/** Files of the viewer's page, which are all that is ever read here. */
const scripts = [
  'canvas.js',
  'connection.js',
  'control-bar.js',
  'dialogs.js',
  'dom.js',
  'files.js',
  'frame.js',
  'input.js',
  'keyboard.js',
  'main.js',
  'picker.js',
  'status.js',
  'tabs.js',
  'token.js',
]

export interface LivePageOptions {
  /** Who may show the page in a frame, as the directive `frame-ancestors` has it. */
  frameAncestors: string
}

/** The viewer's page. It holds nothing of any session, so nobody needs to be kept from it. */
export function liveAssets(app: FastifyInstance, { frameAncestors }: LivePageOptions): void {
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' blob: data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    `frame-ancestors ${frameAncestors}`,
  ].join('; ')

  const send = async (reply: FastifyReply, name: string): Promise<FastifyReply> => {
    const extension = name.slice(name.lastIndexOf('.') + 1)
    return reply
      .header('content-type', types[extension] ?? 'application/octet-stream')
      .header('content-security-policy', policy)
      .header('referrer-policy', 'no-referrer')
      .header('x-content-type-options', 'nosniff')
      .header('cache-control', 'no-cache')
      .send(await readFile(fileURLToPath(new URL(name, folder))))
  }

  app.get('/live/:sessionId', (_request, reply) => send(reply, 'index.html'))
  for (const name of ['style.css', ...scripts]) {
    app.get(`/live/page/${name}`, (_request, reply) => send(reply, name))
  }
}
