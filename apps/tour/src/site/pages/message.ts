import { type Html, html } from '../html.ts'

/** A page that has one thing to say, such as that there is nothing here. */
export function messageContent(heading: string, text: string): Html {
  return html`
    <div class="narrow">
      <h1>${heading}</h1>
      <p>${text}</p>
      <p><a class="button" href="/">Back to the shop</a></p>
    </div>
  `
}
