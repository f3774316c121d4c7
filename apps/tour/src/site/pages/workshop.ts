import { type Html, html } from '../html.ts'

export const workshopContent: Html = html`
  <h1>Workshop</h1>
  <p>We open at eight and stop when the last bicycle rolls out.</p>
  <div class="columns workshop">
    <section aria-labelledby="clock-heading">
      <h2 id="clock-heading">Workshop time</h2>
      <p class="clock"><time id="clock" role="timer" aria-live="off">00:00:00.0</time></p>
      <p>This page has been open for <span id="open-for">0</span> seconds.</p>
    </section>
    <section aria-labelledby="stand-heading">
      <h2 id="stand-heading">On the stand</h2>
      <div class="stand">
        <img
          id="wheel"
          src="/assets/wheel.svg"
          alt="A wheel being trued"
          width="160"
          height="160"
        />
      </div>
    </section>
  </div>
`
