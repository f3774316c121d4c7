import type { Category, Product } from './products.ts'

/** A line drawing of each kind of part, 240 × 180. */
const drawings: Record<Category, string> = {
  Accessories:
    '<path d="M64 116c0-40 24-66 56-66s56 26 56 66z"/><path d="M52 116h136M120 50V38"/>' +
    '<circle cx="120" cy="32" r="6"/><path d="M104 130a16 16 0 0 0 32 0"/>',
  Brakes:
    '<circle cx="120" cy="90" r="58"/><circle cx="120" cy="90" r="22"/>' +
    [0, 60, 120, 180, 240, 300]
      .map((turn) => `<circle cx="120" cy="50" r="6" transform="rotate(${turn} 120 90)"/>`)
      .join('') +
    '<path d="M168 44l26-10v50l-24-8z"/>',
  Bags:
    '<rect x="66" y="62" width="108" height="84" rx="10"/><path d="M66 92h108M96 62v-14a8 8 0 0 1 8-8h32a8 8 0 0 1 8 8v14"/>' +
    '<rect x="86" y="84" width="14" height="22" rx="3"/><rect x="140" y="84" width="14" height="22" rx="3"/>',
  Drivetrain:
    '<circle cx="84" cy="94" r="42" stroke-dasharray="9 6"/><circle cx="84" cy="94" r="30"/><circle cx="84" cy="94" r="8"/>' +
    '<circle cx="178" cy="94" r="20" stroke-dasharray="7 5"/><circle cx="178" cy="94" r="5"/>' +
    '<path d="M82 48l98 24M82 140l98-24"/>',
  Lights:
    '<circle cx="96" cy="90" r="40"/><circle cx="96" cy="90" r="24"/><path d="M96 130v22h-18"/>' +
    '<path d="M152 60l30-18M158 90h40M152 120l30 18"/>',
  Saddles:
    '<path d="M52 74c26-16 58-8 82-2 18 4 44 0 54 6 6 4 2 12-6 14-28 6-42 10-66 18-20 8-54 10-64-6-6-10-6-24 0-30z"/>' +
    '<path d="M84 116l30 26h34M132 102l-18 40"/>',
  Tools:
    '<path d="M150 44a30 30 0 0 0-34 40l-52 46a11 11 0 1 0 16 16l48-50a30 30 0 0 0 40-34l-18 16-16-4-4-16z"/>',
  Wheels:
    '<circle cx="120" cy="90" r="62"/><circle cx="120" cy="90" r="52"/><circle cx="120" cy="90" r="8"/>' +
    Array.from({ length: 12 }, (_, spoke) => spoke * 30)
      .map((turn) => `<path d="M120 82V38" transform="rotate(${turn} 120 90)"/>`)
      .join(''),
}

const hues: Record<Category, number> = {
  Accessories: 90,
  Brakes: 12,
  Bags: 32,
  Drivetrain: 205,
  Lights: 48,
  Saddles: 352,
  Tools: 165,
  Wheels: 262,
}

/** The picture of a product, as SVG. Products of one category differ a little in colour. */
export function drawPicture({ category, slug }: Product): string {
  const hue = hues[category] + (slug.length % 5) * 6
  const colours = (paper: number, disc: number, line: number) =>
    `.paper{fill:hsl(${hue} 36% ${paper}%)}.disc{fill:hsl(${hue} 40% ${disc}%)}.line{stroke:hsl(${hue} 45% ${line}%)}`
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 240 180">` +
    `<style>${colours(90, 84, 28)}@media (prefers-color-scheme:dark){${colours(19, 24, 74)}}</style>` +
    `<rect class="paper" width="240" height="180"/>` +
    `<circle class="disc" cx="${60 + (slug.length % 4) * 40}" cy="40" r="90"/>` +
    `<g class="line" fill="none" stroke-width="4" stroke-linecap="round" stroke-linejoin="round">` +
    `${drawings[category]}</g></svg>`
  )
}
