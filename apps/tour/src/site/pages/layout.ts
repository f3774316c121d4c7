import { cartSize } from '../cart.ts'
import { type Html, html } from '../html.ts'
import type { Visitor } from '../visitors.ts'

export interface PageOptions {
  title: string
  visitor: Visitor
  /** Path of the page, to mark it in the navigation. */
  path: string
  content: Html
  /** Scripts of the page, by file name. */
  scripts?: readonly string[]
}

const navigation = [
  { path: '/', label: 'Shop' },
  { path: '/size-guide', label: 'Size guide' },
  { path: '/workshop', label: 'Workshop' },
]

/** In this order: each may override what the ones before it say. */
export const stylesheets: Html[] = ['base.css', 'forms.css', 'shop.css'].map(
  (name) => html`<link rel="stylesheet" href="/assets/${name}" />`,
)

/** A whole page of the shop. */
export function renderPage({ title, visitor, path, content, scripts = [] }: PageOptions): string {
  const pieces = cartSize(visitor.cart)
  const link = (to: string, label: Html | string) =>
    html`<a href="${to}" ${to === path && html` aria-current="page"`}>${label}</a>`
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta
          name="description"
          content="Parts and tools for bicycles that are ridden every day."
        />
        <title>${title} – Saddle &amp; Spoke</title>
        <link rel="icon" href="/assets/wheel.svg" type="image/svg+xml" />
        ${stylesheets}
        ${scripts.map((name) => html`<script type="module" src="/assets/${name}"></script>`)}
      </head>
      <body>
        <a class="skip" href="#content">Skip to the content</a>
        <header class="top">
          <a class="brand" href="/">
            <img src="/assets/wheel.svg" alt="" width="32" height="32" />
            <span>Saddle &amp; Spoke</span>
          </a>
          <nav aria-label="Main">${navigation.map((item) => link(item.path, item.label))}</nav>
          <div class="account">
            ${
              visitor.customer === undefined
                ? link('/login', 'Sign in')
                : html`<span class="customer">Hello, ${visitor.customer}</span>
                    <form method="post" action="/logout">
                      <button class="link" type="submit">Sign out</button>
                    </form>`
            }
            ${link('/cart', html`Cart <span class="count" data-testid="cart-count">${pieces}</span>`)}
          </div>
        </header>
        <main id="content" tabindex="-1">${content}</main>
        <footer>
          <p>Saddle &amp; Spoke, a shop that exists only while it is being visited.</p>
          <p><a href="/price-list.csv" download>Price list (CSV)</a></p>
        </footer>
      </body>
    </html>`.text
}
