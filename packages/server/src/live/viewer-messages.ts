import { z } from 'zod'

/** What every viewer may say. Nothing of it reaches the page. */
const watching = [
  z.object({ type: z.literal('seen'), sequence: z.int().min(0) }),
  z.object({
    type: z.literal('pace'),
    frameRate: z.number().min(0.2).max(60).optional(),
    quality: z.enum(['auto', 'high', 'low']).optional(),
  }),
  /** Whether the connection still works: it is sent back. */
  z.object({ type: z.literal('echo'), value: z.int().min(0) }),
] as const

/** Alt 1, Control 2, Meta 4, Shift 8. */
const modifiers = z.int().min(0).max(15)

/** CSS pixels from the corner of the page's visible part. */
const coordinate = z.number().min(-100_000).max(100_000)
const at = { x: coordinate, y: coordinate }

const mouseButton = z.enum(['none', 'left', 'middle', 'right', 'back', 'forward'])

const mouse = z.object({
  type: z.literal('mouse'),
  action: z.enum(['move', 'down', 'up']),
  ...at,
  button: mouseButton,
  /** Those that are down: left 1, right 2, middle 4, back 8, forward 16. */
  buttons: z.int().min(0).max(31),
  clicks: z.int().min(0).max(3),
  modifiers,
})

const wheel = z.object({
  type: z.literal('wheel'),
  ...at,
  deltaX: coordinate,
  deltaY: coordinate,
  modifiers,
})

const touch = z.object({
  type: z.literal('touch'),
  action: z.enum(['start', 'move', 'end', 'cancel']),
  points: z.array(z.object({ id: z.int().min(0).max(1_000_000), ...at })).max(10),
  modifiers,
})

const key = z.object({
  type: z.literal('key'),
  action: z.enum(['down', 'up']),
  key: z.string().max(40),
  code: z.string().max(40),
  /** The older number of the key, which pages still read. */
  keyCode: z.int().min(0).max(255),
  /** What it types; empty when it types nothing. */
  text: z.string().max(8),
  repeat: z.boolean(),
  /** Left 1, right 2, number pad 3. */
  location: z.int().min(0).max(3),
  modifiers,
})

/** Characters that are typed or pasted at once. */
const longText = z.string().max(100_000)

/** What only an interactive viewer may say. */
const acting = [
  mouse,
  wheel,
  touch,
  key,
  z.object({ type: z.literal('text'), text: longText }),
  /** What an input method has composed so far; the selection is in it. */
  z.object({
    type: z.literal('compose'),
    text: z.string().max(1_000),
    start: z.int().min(0).max(1_000),
    end: z.int().min(0).max(1_000),
  }),
  z.object({ type: z.literal('copy'), cut: z.boolean() }),
  z.object({ type: z.literal('navigate'), url: z.string().min(1).max(8_000) }),
  z.object({ type: z.literal('history'), delta: z.union([z.literal(-1), z.literal(1)]) }),
  z.object({ type: z.literal('reload') }),
  z.object({ type: z.literal('stop') }),
  z.object({
    type: z.literal('tab'),
    action: z.enum(['select', 'close']),
    id: z.string().max(100),
  }),
  z.object({ type: z.literal('newTab') }),
  z.object({ type: z.literal('answer'), accept: z.boolean(), text: longText.optional() }),
  z.object({
    type: z.literal('pick'),
    id: z.int(),
    values: z.array(z.string().max(10_000)).max(10_000).optional(),
  }),
  /** Files that were brought before, by the names that they got. Without a chooser they are dropped. */
  z.object({
    type: z.literal('files'),
    chooser: z.int().optional(),
    names: z.array(z.string().max(300)).max(100),
    ...{ x: coordinate.optional(), y: coordinate.optional() },
  }),
  z.object({ type: z.literal('takeOver'), force: z.boolean() }),
  z.object({ type: z.literal('handBack') }),
] as const

const watchingSchema = z.discriminatedUnion('type', [...watching])
const interactiveSchema = z.discriminatedUnion('type', [...watching, ...acting])

export type WatchingMessage = z.output<typeof watchingSchema>
export type ActingMessage = Exclude<z.output<typeof interactiveSchema>, WatchingMessage>
export type MouseMessage = z.output<typeof mouse>
export type WheelMessage = z.output<typeof wheel>
export type TouchMessage = z.output<typeof touch>
export type KeyMessage = z.output<typeof key>

/** Reads what a viewer said; undefined for what it may not say, or nobody understands. */
export function parseViewerMessage(
  text: string,
  interactive: boolean,
): WatchingMessage | ActingMessage | undefined {
  let message: unknown
  try {
    message = JSON.parse(text)
  } catch {
    return undefined
  }
  const schema = interactive ? interactiveSchema : watchingSchema
  const result = schema.safeParse(message)
  return result.success ? result.data : undefined
}
