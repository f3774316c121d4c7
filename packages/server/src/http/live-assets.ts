import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

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
  'ticket.js',
  'token.js',
]

export interface LivePageOptions {
  /** Who may show the page in a frame, as the directive `frame-ancestors` has it. */
  frameAncestors: string
}

interface Asset {
  type: string
  plain: Buffer
  compressed: Buffer
}

interface Assets {
  /** Another one when any file is another. */
  version: string
  files: ReadonlyMap<string, Asset>
}

/**
 * The viewer's page. It holds nothing of any session, so nobody needs to be kept from it. What it loads has
 * the version of all of it in its address and is kept by browsers, and all of it is asked for at once.
 */
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

  let reading: Promise<Assets> | undefined
  const read = (): Promise<Assets> => {
    reading ??= readAssets().catch((error: unknown) => {
      reading = undefined
      throw error
    })
    return reading
  }

  const send = (
    { request, reply }: { request: FastifyRequest; reply: FastifyReply },
    { type, plain, compressed }: Asset,
    cacheControl: string,
  ): FastifyReply => {
    const takesGzip = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '')
    if (takesGzip) void reply.header('content-encoding', 'gzip')
    return reply
      .header('content-type', type)
      .header('content-security-policy', policy)
      .header('referrer-policy', 'no-referrer')
      .header('x-content-type-options', 'nosniff')
      .header('cache-control', cacheControl)
      .header('vary', 'accept-encoding')
      .send(takesGzip ? compressed : plain)
  }

  app.get('/live/:sessionId', async (request, reply) => {
    const { files } = await read()
    return send({ request, reply }, files.get('index.html') as Asset, 'no-cache')
  })
  for (const name of ['style.css', ...scripts]) {
    app.get<{ Params: { version: string } }>(
      `/live/page/:version/${name}`,
      async (request, reply) => {
        const { version, files } = await read()
        // A page of another version was loaded before the server was changed; nothing is kept of a mixture.
        const isCurrent = request.params.version === version
        const cacheControl = isCurrent ? 'public, max-age=31536000, immutable' : 'no-store'
        return send({ request, reply }, files.get(name) as Asset, cacheControl)
      },
    )
  }
}

async function readAssets(): Promise<Assets> {
  const names = ['style.css', ...scripts]
  const contents = await Promise.all(names.map(readAsset))
  const hash = createHash('sha256')
  for (const [index, content] of contents.entries())
    hash.update(`${names[index]}\0`).update(content)
  const version = hash.digest('hex').slice(0, 16)
  // The browser would learn of each file only when it has read another one that names it.
  const preloads = scripts.map((name) => `<link rel="modulepreload" href="page/${name}" />`)
  const html = (await readAsset('index.html'))
    .toString('utf8')
    .replace('</head>', `${preloads.join('')}</head>`)
    .replaceAll('"page/', `"page/${version}/`)
  const all = [...names.map((name, index) => [name, contents[index] as Buffer] as const)]
  all.push(['index.html', Buffer.from(html)])
  const files = await Promise.all(
    all.map(async ([name, plain]) => {
      const type = types[name.slice(name.lastIndexOf('.') + 1)] ?? 'application/octet-stream'
      return [
        name,
        { type, plain, compressed: await promisify(gzip)(plain, { level: 9 }) },
      ] as const
    }),
  )
  return { version, files: new Map<string, Asset>(files) }
}

function readAsset(name: string): Promise<Buffer> {
  return readFile(fileURLToPath(new URL(name, folder)))
}
