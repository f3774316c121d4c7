// <star-rating value="4.5" count="12">: shows stars, in an open shadow root.

const styles = `
  :host { display: inline-flex; align-items: center; gap: 0.4em; font-size: 0.95em; }
  .stars { letter-spacing: 0.08em; line-height: 1; color: transparent; background-clip: text;
    background-image: linear-gradient(to right, var(--star, #b97f10) var(--part), var(--faint, #ccc) var(--part)); }
  .text { color: var(--muted, #666); font-size: 0.9em; }
`

class StarRating extends HTMLElement {
  static observedAttributes = ['value', 'count']

  constructor() {
    super()
    this.attachShadow({ mode: 'open' })
  }

  connectedCallback() {
    this.#draw()
  }

  attributeChangedCallback() {
    if (this.isConnected) this.#draw()
  }

  #draw() {
    const value = Math.min(5, Math.max(0, Number(this.getAttribute('value') ?? 0)))
    const count = this.getAttribute('count')
    const reviews = count === null ? '' : ` (${count})`
    const label = `Rated ${value} of 5${count === null ? '' : `, ${count} ${count === '1' ? 'review' : 'reviews'}`}`
    this.shadowRoot.innerHTML = `
      <style>${styles}</style>
      <span class="stars" role="img" aria-label="${label}" style="--part: ${value * 20}%">★★★★★</span>
      <span class="text" aria-hidden="true">${value}${reviews}</span>
    `
  }
}

customElements.define('star-rating', StarRating)
