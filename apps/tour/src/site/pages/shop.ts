import { type Html, html } from '../html.ts'

/** The list itself is drawn by `product-list.js` from `/api/products`. */
export function shopContent(query: string): Html {
  return html`
    <section class="hero">
      <h1>Parts for the long way round</h1>
      <p>
        Everything here has been ridden in the rain first. Packed the same day, repaired for life.
      </p>
    </section>
    <search>
      <form class="search" id="search" action="/" method="get">
        <label for="query">Search the shop</label>
        <div class="field-row">
          <input
            id="query"
            name="query"
            type="search"
            value="${query}"
            autocomplete="off"
            placeholder="saddle, light, chain …"
          />
          <button type="submit">Search</button>
        </div>
      </form>
    </search>
    <section aria-labelledby="products-heading">
      <div class="list-head">
        <h2 id="products-heading">Products</h2>
        <p id="result-count" role="status"></p>
      </div>
      <ul id="products" class="products" aria-busy="true"></ul>
      <nav class="paging" aria-label="Pages of products">
        <button type="button" id="previous" disabled>Previous</button>
        <span id="page-number">Page 1</span>
        <button type="button" id="next" disabled>Next</button>
      </nav>
      <noscript
        ><p class="notice">
          The list of products needs JavaScript. The <a href="/price-list.csv">price list</a> does
          not.
        </p></noscript
      >
    </section>
  `
}
