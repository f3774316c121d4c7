/** Squares in a row at the top of the page, 40 CSS pixels each: one for each bit of the clock. */
const bits = 32
const side = 40
const across = bits * side

/**
 * A page that never stands still, with a clock in it that pictures can be read of: the lower 32 bits of
 * the milliseconds since 1970, white squares for ones. Its ground is a colour that nothing else has.
 */
export const clockPage = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Clock</title>
<style>
  body { margin: 0; background: rgb(0, 128, 64); color: #fff; font: 20px sans-serif }
  i { position: absolute; top: 0; width: ${side}px; height: ${side}px }
  p { margin: 80px 20px 0 }
</style></head><body>
${Array.from({ length: bits }, (_, bit) => `<i style="left: ${bit * side}px"></i>`).join('')}
<p>A clock, and some words beside it that stand still.</p>
<script>
  const squares = [...document.querySelectorAll('i')]
  const show = () => {
    const now = Date.now()
    squares.forEach((square, bit) => {
      square.style.background = Math.floor(now / 2 ** bit) % 2 === 1 ? '#fff' : '#000'
    })
    requestAnimationFrame(show)
  }
  show()
</script></body></html>`

/**
 * Source of a function that reads the clock off a canvas: `(context, widthOfTheCanvas) => number`; -1
 * when the picture is not that page.
 */
export const readClock = `(context, width) => {
  const scale = width / ${across}
  const { data } = context.getImageData(Math.round(20 * scale), Math.round(60 * scale), 1, 1)
  if (data[0] > 60 || Math.abs(data[1] - 128) > 24) return -1
  const row = context.getImageData(0, Math.round(${side / 2} * scale), width, 1).data
  let clock = 0
  for (let bit = 0; bit < ${bits}; bit += 1) {
    if (row[4 * Math.round((bit * ${side} + ${side / 2}) * scale)] > 127) clock += 2 ** bit
  }
  return clock
}`

/** Milliseconds between what a picture's clock shows and a moment, which is the later one. */
export function ageOf(clock: number, moment: number): number {
  return (((moment - clock) % 2 ** bits) + 2 ** bits) % 2 ** bits
}
