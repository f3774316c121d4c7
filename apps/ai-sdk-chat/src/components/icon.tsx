const shapes = {
  send: 'M8 13V3M3.5 7.5 8 3l4.5 4.5',
  stop: 'M4.5 4.5h7v7h-7z',
  check: 'M3 8.5l3.5 3.5L13 4.5',
  cross: 'M4 4l8 8M12 4l-8 8',
  warning: 'M8 2 1.5 13.5h13zM8 6.5v3.200M8 11.600v.1',
  pause: 'M5.5 3.5v9M10.5 3.5v9',
  minus: 'M3.5 8h9',
  plus: 'M8 3v10M3 8h10',
  chevron: 'M6 3.5 10.5 8 6 12.5',
  down: 'M8 3v10M3.5 8.5 8 13l4.5-4.5',
  hand: 'M5 8V3.800a1.100 1.100 0 0 1 2.200 0V7 2.900a1.100 1.100 0 0 1 2.200 0V7 3.800a1.100 1.100 0 0 1 2.200 0v5.700c0 2.800-1.700 4.5-4 4.5-2 0-3-.9-3.900-2.5L2.200 9.300a1.100 1.100 0 0 1 1.900-1.100z',
  eye: 'M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8zM8 10a2 2 0 1 0 0-4 2 2 0 0 0 0 4z',
} as const

/** A picture that says nothing that is not said in words as well. */
export function Icon({ name }: { name: keyof typeof shapes }) {
  return (
    <svg className="icon" viewBox="0 0 16 16" aria-hidden="true">
      <path d={shapes[name]} />
    </svg>
  )
}
