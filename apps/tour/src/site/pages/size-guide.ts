import { type Html, html } from '../html.ts'
import { stylesheets } from './layout.ts'

export const sizeGuideContent: Html = html`
  <h1>Size guide</h1>
  <p>
    Stand against a wall in your socks, a book between your legs, and measure from the floor to the
    top of the book.
  </p>
  <iframe
    class="calculator"
    title="Frame size calculator"
    name="calculator"
    src="/size-guide/calculator"
  ></iframe>
`

/** A document of its own, shown in the iframe. */
export const calculatorPage: string = html`<!doctype html>
  <html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <title>Frame size calculator</title>
      ${stylesheets}
      <script type="module" src="/assets/size-calculator.js"></script>
    </head>
    <body class="embedded">
      <form id="calculator" novalidate>
        <p class="field">
          <label for="inseam">Inside leg, in centimetres</label>
          <input
            id="inseam"
            name="inseam"
            type="number"
            min="55"
            max="105"
            step="0.5"
            inputmode="decimal"
          />
        </p>
        <button type="submit">Work out the size</button>
      </form>
      <output id="size" for="inseam" role="status">Between 55 and 105 cm.</output>
    </body>
  </html>`.text
