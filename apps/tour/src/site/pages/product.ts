import { averageRating } from '../catalogue.ts'
import { type Html, html } from '../html.ts'
import { formatMoney } from '../money.ts'
import type { Product } from '../products.ts'
import type { Review } from '../reviews.ts'
import { errorText, invalid } from './fields.ts'

export interface ProductContent {
  product: Product
  reviews: readonly Review[]
  /** The tab that is open at first. */
  tab: 'details' | 'reviews'
  /** What was wrong with the form that was sent, if any. */
  cartError?: string | undefined
  reviewError?: string | undefined
  /** The review that was refused, to be corrected. */
  draft?: Review | undefined
  /** The review that was just saved. */
  saved?: Review | undefined
}

export function productContent(content: ProductContent): Html {
  const { product, reviews, tab } = content
  const rating = averageRating(reviews.map((review) => review.rating))
  return html`
    <nav class="crumbs" aria-label="Breadcrumb">
      <a href="/">Shop</a> <span aria-hidden="true">/</span>
      <a href="/?query=${encodeURIComponent(product.category)}">${product.category}</a>
    </nav>
    <article class="product">
      <img class="picture" src="/pictures/${product.slug}.svg" alt="" width="480" height="360" />
      <div class="buy">
        <h1>${product.name}</h1>
        <star-rating value="${rating.toFixed(1)}" count="${reviews.length}"></star-rating>
        <p class="lead">${product.summary}</p>
        <p class="price" data-testid="price">${formatMoney(product.price)}</p>
        <p class="stock">${product.stock === 0 ? 'Out of stock' : `In stock: ${product.stock}`}</p>
        <form class="add" method="post" action="/cart">
          <input type="hidden" name="product" value="${product.slug}" />
          <label for="quantity">Quantity</label>
          <div class="field-row">
            <input
              id="quantity"
              name="quantity"
              type="number"
              min="1"
              value="1"
              inputmode="numeric"
              ${invalid('quantity', content.cartError)}
            />
            <button type="submit" ${product.stock === 0 && html`disabled`}>Add to cart</button>
          </div>
          ${errorText('quantity', content.cartError)}
        </form>
      </div>
    </article>
    <tab-group>
      <div role="tablist" aria-label="About this product">
        ${tabButton('details', 'Details', tab)}
        ${tabButton('reviews', `Reviews (${reviews.length})`, tab)}
      </div>
      <section
        role="tabpanel"
        id="panel-details"
        aria-labelledby="tab-details"
        ${tab !== 'details' && html`hidden`}
      >
        ${details(product)}
      </section>
      <section
        role="tabpanel"
        id="panel-reviews"
        aria-labelledby="tab-reviews"
        ${tab !== 'reviews' && html`hidden`}
      >
        ${content.saved && thanks(content.saved)} ${reviewList(reviews)}
        ${reviewForm(product, content.draft, content.reviewError)}
      </section>
    </tab-group>
  `
}

function tabButton(name: string, label: string, open: string): Html {
  const isOpen = name === open
  return html`<button
    type="button"
    role="tab"
    id="tab-${name}"
    aria-controls="panel-${name}"
    aria-selected="${String(isOpen)}"
    ${!isOpen && html`tabindex="-1"`}
  >
    ${label}
  </button>`
}

function details(product: Product): Html {
  return html`
    <dl>
      <div>
        <dt>Category</dt>
        <dd>${product.category}</dd>
      </div>
      <div>
        <dt>Weight</dt>
        <dd>${product.weight} g</dd>
      </div>
      <div>
        <dt>Article number</dt>
        <dd>${product.slug.toUpperCase()}</dd>
      </div>
      <div>
        <dt>Guarantee</dt>
        <dd>Ten years, and repairs after that</dd>
      </div>
    </dl>
  `
}

function reviewList(reviews: readonly Review[]): Html {
  return html`
    <ul class="reviews">
      ${reviews.map(
        (review) => html`
          <li>
            <p class="review-head">
              <strong>${review.author}</strong> <star-rating value="${review.rating}"></star-rating>
            </p>
            <p>${review.text}</p>
            ${review.photo && html`<p class="photo">Photo: ${review.photo.name} (${review.photo.size} bytes)</p>`}
          </li>
        `,
      )}
    </ul>
  `
}

function thanks(review: Review): Html {
  return html`
    <p class="notice" role="status">
      Thank you, ${review.author}. Your review is
      saved${
        review.photo ? `, with the photo ${review.photo.name} (${review.photo.size} bytes)` : ''
      }.
    </p>
  `
}

function reviewForm(product: Product, draft: Review | undefined, error: string | undefined): Html {
  return html`
    <form
      class="review-form"
      method="post"
      action="/products/${product.slug}/reviews"
      enctype="multipart/form-data"
    >
      <h2>Write a review</h2>
      <p>
        <label for="author">Your name</label>
        <input id="author" name="author" value="${draft?.author}" autocomplete="given-name" />
      </p>
      <div class="field">
        <span id="rating-label">Your rating</span>
        <rating-input
          role="group"
          name="rating"
          value="${draft?.rating}"
          aria-labelledby="rating-label"
        ></rating-input>
      </div>
      <p>
        <label for="text">Your review</label>
        <textarea id="text" name="text" rows="4">${draft?.text}</textarea>
      </p>
      <p>
        <label for="photo">A photo (optional, an image of at most 5 MB)</label>
        <input id="photo" name="photo" type="file" accept="image/*" />
      </p>
      ${error !== undefined && html`<p class="error" role="alert">${error}</p>`}
      <button type="submit">Send the review</button>
    </form>
  `
}
