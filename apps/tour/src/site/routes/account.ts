import type { FastifyInstance } from 'fastify'

import { signIn } from '../accounts.ts'
import { renderPage } from '../pages/layout.ts'
import { loginContent, type LoginContent } from '../pages/login.ts'
import type { Visitor } from '../visitors.ts'

export function accountRoutes(site: FastifyInstance): void {
  site.get<{ Querystring: { next?: string } }>('/login', ({ visitor, query }, reply) => {
    const next = localPath(query.next)
    reply.type('text/html').send(renderLogin(visitor, { email: '', next }))
  })

  site.post<{ Body: { email?: string; password?: string; next?: string } }>(
    '/login',
    ({ visitor, body }, reply) => {
      const { email = '', password = '' } = body
      const next = localPath(body.next)
      const { customer, error } = signIn(email, password)
      if (customer === undefined) {
        return reply.code(401).type('text/html').send(renderLogin(visitor, { email, next, error }))
      }
      visitor.customer = customer
      return reply.redirect(next, 303)
    },
  )

  site.post('/logout', ({ visitor }, reply) => {
    visitor.customer = undefined
    return reply.redirect('/', 303)
  })
}

/** Only a path of this site may follow a sign-in. */
function localPath(path: string | undefined): string {
  return path !== undefined && /^\/(?![/\\])/.test(path) ? path : '/'
}

function renderLogin(visitor: Visitor, content: LoginContent): string {
  return renderPage({ title: 'Sign in', visitor, path: '/login', content: loginContent(content) })
}
