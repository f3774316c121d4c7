/** An element of a snapshot. */
export interface SnapshotNode {
  /** `e3`; undefined for what cannot be acted on. */
  ref: string | undefined
  role: string
  /** The accessible name; of plain text the text. */
  name: string
  /** What follows the name: states, value. */
  rest: string
  /** The line without its indentation. */
  line: string
  parent: SnapshotNode | undefined
  children: SnapshotNode[]
}

const lineShape = /^( *)- ([\w-]+)(?: ("(?:[^"\\]|\\.)*"))?(.*)$/
const refShape = /\bref=(e\d+)\b/

/** The elements of a snapshot, in its order. */
export function parseSnapshot(snapshot: string): SnapshotNode[] {
  const nodes: SnapshotNode[] = []
  const open: { indent: number; node: SnapshotNode }[] = []
  for (const line of snapshot.split('\n')) {
    const [, spaces = '', role = '', quoted = '""', rest = ''] = lineShape.exec(line) ?? []
    if (role === '') continue
    while ((open.at(-1)?.indent ?? -1) >= spaces.length) open.pop()
    const parent = open.at(-1)?.node
    const ref = refShape.exec(rest)?.[1]
    const name = unquote(quoted)
    const node = { ref, role, name, rest, line: line.trim(), parent, children: [] }
    parent?.children.push(node)
    nodes.push(node)
    open.push({ indent: spaces.length, node })
  }
  return nodes
}

function unquote(quoted: string): string {
  try {
    return collapse(String(JSON.parse(quoted)))
  } catch {
    return collapse(quoted.slice(1, -1))
  }
}

/** The name, or the text inside of an element that has none. */
export function labelOf(node: SnapshotNode): string {
  return node.name || collapse(node.children.map(labelOf).join(' '))
}

/** A text without differences that nobody sees. */
export function collapse(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}

/** Signs before the items of a list, a line each. */
const bullets = /^ *- ListMarker "[•◦▪‣⁃·■□] ?"\n?/gm

/** A snapshot without lines that say nothing. */
export function compact(snapshot: string): string {
  return snapshot.replace(bullets, '').trimEnd()
}

/** Lines of a page beyond which a change is told by itself. */
const smallPage = 40

/**
 * What differs between two snapshots of a page, if that says it in much fewer lines than the whole:
 * lines that are new, lines that are gone.
 */
export function changesBetween(before: string, after: string): string | undefined {
  const old = before.split('\n')
  const now = after.split('\n')
  if (now.length <= smallPage) return undefined
  const added = without(now, old)
  const removed = without(old, now)
  if ((added.length + removed.length) * 3 > now.length) return undefined
  return [
    ...(added.length > 0 ? ['New or different:', ...added] : []),
    ...(removed.length > 0 ? ['Gone:', ...removed] : []),
  ].join('\n')
}

/** The lines of one text that the other has not, as often as it has them more. */
function without(lines: readonly string[], others: readonly string[]): string[] {
  const left = new Map<string, number>()
  for (const line of others) left.set(line.trim(), (left.get(line.trim()) ?? 0) + 1)
  return lines.filter((line) => {
    const count = left.get(line.trim()) ?? 0
    left.set(line.trim(), count - 1)
    return count <= 0
  })
}
