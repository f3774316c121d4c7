import { readdir, readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import type { FastifyInstance } from 'fastify'

const folder = new URL('public/', import.meta.url)

const types: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** Styles, scripts and pictures: a handful of small files, read once. */
export async function assetRoutes(site: FastifyInstance): Promise<void> {
  const files = new Map<string, Buffer>()
  for (const name of await readdir(folder)) {
    files.set(name, await readFile(new URL(name, folder)))
  }
  site.get<{ Params: { name: string } }>('/assets/:name', ({ params }, reply) => {
    const content = files.get(params.name)
    const type = types[extname(params.name)]
    if (!content || !type) return reply.callNotFound()
    return reply.type(type).send(content)
  })
}
