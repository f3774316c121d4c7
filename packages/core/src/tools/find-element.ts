import type { ActionName } from './inputs.ts'
import { collapse, labelOf, parseSnapshot, type SnapshotNode } from './snapshot.ts'

/** The element that a target names, or why there is none. */
export type FoundElement =
  | { node: SnapshotNode & { ref: string }; problem?: undefined }
  /** Text that no snapshot line with a ref has; agent-browser can find it all the same. */
  | { node?: undefined; problem?: undefined; plainText: string }
  | {
      node?: undefined
      problem: 'element_not_found' | 'element_ambiguous' | 'action_failed'
      /** In our own words. */
      message: string
      /** Lines of the snapshot that belong to it. */
      candidates: string[]
    }

/** Roles of fields that text goes into. */
const editable = /^(textbox|searchbox|spinbutton|combobox|textarea)$/
/** Roles that an action is for. Any other may have one with `clickable`. */
const suitable: Partial<Record<ActionName, RegExp>> = {
  fill: editable,
  type: editable,
  select: /^(combobox|listbox)$/,
  check: /^(checkbox|radio|switch|menuitemcheckbox|menuitemradio|option)$/,
  uncheck: /^(checkbox|switch|menuitemcheckbox)$/,
}
/** What people click on, preferred to other elements of the same name. */
const clickable =
  /^(button|link|checkbox|radio|switch|tab|menuitem\w*|option|treeitem|combobox|textbox|searchbox|slider)$/
const refTarget = /^\[?(?:ref=)?@?(e\d+)\]?$/
/** Candidates that are named. */
const mostCandidates = 10

/** Whether a target is written as a ref. */
export function isRef(target: string): boolean {
  return refTarget.test(target.trim())
}

/** Finds what a target (a ref, or a text) means for an action. */
export function findElement(snapshot: string, target: string, action: ActionName): FoundElement {
  const all = parseSnapshot(snapshot)
  const nodes = all.filter(hasRef)
  const ref = refTarget.exec(target.trim())?.[1]
  const named = ref === undefined ? undefined : nodes.find((node) => node.ref === ref)
  if (named) return fits(named, action) ? { node: named } : unsuitable(named, action)
  if (ref !== undefined && target.trim() !== ref) {
    const message = `There is no element @${ref} on the page now. The page has changed, or the ref is of another page.`
    return { problem: 'element_not_found', message, candidates: [] }
  }
  return findByText(all, target, action)
}

function findByText(
  nodes: readonly SnapshotNode[],
  target: string,
  action: ActionName,
): FoundElement {
  const wanted = collapse(target)
  const lower = wanted.toLowerCase()
  const tiers = [
    (label: string) => label === wanted,
    (label: string) => label.toLowerCase() === lower,
    (label: string) => label.toLowerCase().includes(lower),
  ]
  const labelled = nodes
    .filter(hasRef)
    // The text of a frame is that of another page, whose elements have refs of their own.
    .filter((node) => node.role !== 'Iframe')
    .map((node) => ({ node, label: labelOf(node) }))
  for (const matches of tiers) {
    const all = labelled.filter(({ label }) => matches(label)).map(({ node }) => node)
    if (all.length === 0) continue
    const fitting = all.filter((node) => fits(node, action))
    const [first] = all
    if (fitting.length === 0 && first) return unsuitable(first, action)
    const preferred = fitting.filter((node) => clickable.test(node.role))
    const choice = innermost(preferred.length > 0 ? preferred : fitting)
    const [only, second] = choice
    if (only && !second) return { node: only }
    return {
      problem: 'element_ambiguous',
      message: `${choice.length} elements match that text. Name one by its ref.`,
      candidates: choice.slice(0, mostCandidates).map((node) => node.line),
    }
  }
  const texts = nodes.filter(({ ref, name }) => !ref && name.toLowerCase().includes(lower))
  const [only, second] = texts
  if (only && !second && (action === 'click' || action === 'hover')) {
    // As the page writes it: it is looked for letter by letter.
    return { plainText: only.name }
  }
  return {
    problem: 'element_not_found',
    message: 'No element of the page has that text, label or placeholder.',
    candidates: [],
  }
}

/** Without the elements that only surround another one. */
function innermost<Node extends SnapshotNode>(nodes: readonly Node[]): Node[] {
  const around = new Set<SnapshotNode>()
  for (const node of nodes) {
    for (let { parent } = node; parent; { parent } = parent) around.add(parent)
  }
  return nodes.filter((node) => !around.has(node))
}

/** Whether text in it is not a field's value but part of the page, as in an editor. */
export function isContentEditable({ rest }: SnapshotNode): boolean {
  return /\bcontenteditable\b/.test(rest)
}

function fits(node: SnapshotNode, action: ActionName): boolean {
  const roles = suitable[action]
  if (!roles || roles.test(node.role)) return true
  return (action === 'fill' || action === 'type') && isContentEditable(node)
}

function unsuitable(node: SnapshotNode, action: ActionName): FoundElement {
  return {
    problem: 'action_failed',
    message: `'${action}' cannot be done to that element; it is of another kind.`,
    candidates: [node.line],
  }
}

function hasRef(node: SnapshotNode): node is SnapshotNode & { ref: string } {
  return node.ref !== undefined
}
