import { createHash } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { describeApi } from './openapi/document.ts'
import { pageStyle } from './openapi/page-style.ts'
import { renderPage } from './openapi/page.ts'

/** The description of the API: for programs, and as a page. It says nothing of any session. */
export function descriptionRoutes(app: FastifyInstance, publicUrl: string | undefined): void {
  const document = describeApi(publicUrl)
  const text = JSON.stringify(document)
  const page = renderPage(document)
  const styleHash = createHash('sha256').update(pageStyle).digest('base64')
  const policy = [
    "default-src 'none'",
    `style-src 'sha256-${styleHash}'`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')

  app.get('/openapi.json', async (_request, reply) =>
    reply.header('content-type', 'application/json; charset=utf-8').send(text),
  )
  app.get('/docs', async (_request, reply) =>
    reply
      .header('content-type', 'text/html; charset=utf-8')
      .header('content-security-policy', policy)
      .header('referrer-policy', 'no-referrer')
      .header('x-content-type-options', 'nosniff')
      .send(page),
  )
}
