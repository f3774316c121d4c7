// Draws the list of products from the API, page by page, and keeps the address in step.

const list = document.getElementById('products')
const count = document.getElementById('result-count')
const pageNumber = document.getElementById('page-number')
const previous = document.getElementById('previous')
const next = document.getElementById('next')
const search = document.getElementById('search')
const query = document.getElementById('query')

let current = 1
/** Only the answer to the latest question is drawn. */
let latest = 0

function readAddress() {
  const parameters = new URLSearchParams(location.search)
  query.value = parameters.get('query') ?? ''
  return Number(parameters.get('page') ?? 1)
}

async function show(page, { remember = true } = {}) {
  const asked = ++latest
  list.setAttribute('aria-busy', 'true')
  const parameters = new URLSearchParams({ page: String(page) })
  if (query.value.trim()) parameters.set('query', query.value.trim())
  try {
    const answer = await fetch(`/api/products?${parameters}`)
    if (!answer.ok) throw new Error(`The shop answered ${answer.status}.`)
    const found = await answer.json()
    if (asked !== latest) return
    draw(found)
    if (remember) history.pushState(null, '', `/?${parameters}`)
  } catch (error) {
    if (asked === latest) count.textContent = `The list could not be loaded. ${error.message}`
  } finally {
    if (asked === latest) list.setAttribute('aria-busy', 'false')
  }
}

function draw({ products, page, pages, total }) {
  current = page
  list.replaceChildren(...products.map(card))
  count.textContent = total === 1 ? '1 product' : `${total} products`
  pageNumber.textContent = `Page ${page} of ${pages}`
  previous.disabled = page <= 1
  next.disabled = page >= pages
}

function card(product) {
  const item = document.createElement('li')
  item.className = 'card'
  item.dataset.slug = product.slug

  const picture = document.createElement('img')
  Object.assign(picture, { src: `/pictures/${product.slug}.svg`, alt: '', width: 240, height: 180 })

  const heading = document.createElement('h3')
  const link = document.createElement('a')
  link.href = `/products/${product.slug}`
  link.textContent = product.name
  heading.append(link)

  const rating = document.createElement('star-rating')
  rating.setAttribute('value', product.rating.toFixed(1))
  rating.setAttribute('count', product.reviews)

  const bottom = document.createElement('p')
  bottom.className = 'card-bottom'
  const price = document.createElement('span')
  price.className = 'price'
  price.textContent = product.price
  bottom.append(price)
  if (!product.inStock) {
    const note = document.createElement('span')
    note.className = 'sold-out'
    note.textContent = 'Out of stock'
    bottom.append(note)
  }

  item.append(picture, heading, rating, bottom)
  return item
}

previous.addEventListener('click', () => void show(current - 1))
next.addEventListener('click', () => void show(current + 1))
search.addEventListener('submit', (event) => {
  event.preventDefault()
  void show(1)
})
addEventListener('popstate', () => void show(readAddress(), { remember: false }))

void show(readAddress(), { remember: false })
