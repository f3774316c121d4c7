const names = [
  ...['Enter', 'Tab', 'Escape', 'Backspace', 'Delete', 'Insert', 'Space', 'CapsLock'],
  ...['Home', 'End', 'PageUp', 'PageDown', 'ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight'],
  ...['Shift', 'Control', 'Alt', 'Meta', 'ControlOrMeta', 'ContextMenu'],
  ...Array.from({ length: 12 }, (_, index) => `F${index + 1}`),
]

const byLowerCase = new Map([
  ...names.map((name): [string, string] => [name.toLowerCase(), name]),
  // What people write.
  ...Object.entries({
    return: 'Enter',
    esc: 'Escape',
    del: 'Delete',
    ctrl: 'Control',
    cmd: 'Meta',
    command: 'Meta',
    option: 'Alt',
    up: 'ArrowUp',
    down: 'ArrowDown',
    left: 'ArrowLeft',
    right: 'ArrowRight',
  }),
])

/** Whether `keyName` knows it. */
export function isKey(text: string): boolean {
  return keyName(text) !== undefined
}

/**
 * A key, or several with `+` between them, as Playwright names them. Names may be in any case:
 * clients of the API write `ENTER`.
 *
 * @returns undefined when there is no such key
 */
export function keyName(text: string): string | undefined {
  const keys = text === '+' ? ['+'] : text.replace(/\+\+$/, '+\0').split('+')
  const found = keys.map((key) => (key === '\0' ? '+' : oneKey(key)))
  return found.every((key) => key !== undefined) ? found.join('+') : undefined
}

function oneKey(text: string): string | undefined {
  if (/^[\x20-\x7e]$/.test(text)) return text === ' ' ? 'Space' : text
  if (/^(Key[A-Z]|Digit\d|Numpad\d)$/.test(text)) return text
  return byLowerCase.get(text.toLowerCase())
}
