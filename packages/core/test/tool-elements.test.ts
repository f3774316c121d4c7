import { describe, expect, test } from 'vitest'
import { findElement } from '../src/tools/find-element.ts'
import { changesBetween, compact, parseSnapshot } from '../src/tools/snapshot.ts'
import { readImage } from '../src/tools/image.ts'

/** As agent-browser prints it. */
const snapshot = `- heading "Shop" [level=1, ref=e1]
- navigation
  - link "Long" [ref=e2]
  - link "Long story" [ref=e3]
- form
  - LabelText
    - StaticText "Name "
    - textbox "Name " [ref=e4]: Ada
  - combobox "Size" [expanded=false, ref=e5]: Small
    - MenuListPopup
      - option "Small" [selected, ref=e6]
  - checkbox " Agree" [checked=false, ref=e7]
  - button "Buy \\"now\\"" [ref=e8]
  - button "Edit" [ref=e9]
  - button "Edit" [ref=e10]
- generic "Editor" [ref=e11] editable [contenteditable]: text
- generic [ref=e12] clickable [cursor:pointer, onclick]
  - StaticText "Plain box"
- link "Outer card" [ref=e13]
  - button "Inner card" [ref=e14]
- Iframe [ref=e15]
  - button "In frame" [ref=e16]
- paragraph
  - StaticText "Only words"
`

describe('elements', () => {
  test.each([
    ['@e2', 'click', 'e2'],
    ['e2', 'click', 'e2'],
    ['[ref=e2]', 'click', 'e2'],
    ['Long', 'click', 'e2'],
    ['long  STORY', 'click', 'e3'],
    ['story', 'click', 'e3'],
    ['Name', 'fill', 'e4'],
    ['Size', 'select', 'e5'],
    ['agree', 'check', 'e7'],
    ['Buy "now"', 'click', 'e8'],
    ['Editor', 'fill', 'e11'],
    ['Plain box', 'click', 'e12'],
    ['card', 'click', 'e14'],
    ['In frame', 'click', 'e16'],
    ['Shop', 'hover', 'e1'],
  ] as const)('%s to %s is %s', (target, action, ref) => {
    expect(findElement(snapshot, target, action).node?.ref).toBe(ref)
  })

  test.each([
    ['@e99', 'click', 'element_not_found', 0],
    ['Nothing', 'click', 'element_not_found', 0],
    ['Only words', 'check', 'element_not_found', 0],
    ['Edit', 'click', 'element_ambiguous', 2],
    ['Shop', 'fill', 'action_failed', 1],
    ['@e8', 'select', 'action_failed', 1],
  ] as const)('%s to %s is a problem', (target, action, problem, candidates) => {
    const found = findElement(snapshot, target, action)
    expect(found.problem).toBe(problem)
    if (found.problem) expect(found.candidates).toHaveLength(candidates)
  })

  test('words that are in no element can be clicked all the same', () => {
    expect(findElement(snapshot, 'only words', 'click')).toEqual({ plainText: 'Only words' })
  })

  test('lines of any shape are read without harm', () => {
    const odd = `- text: loose\n-\n  - button\n- link "a\\" [ref=e9]" [ref=e1]\n- x "${'('.repeat(5000)}`
    expect(parseSnapshot(odd).map(({ ref }) => ref)).toEqual([
      undefined,
      undefined,
      'e1',
      undefined,
    ])
    expect(findElement(odd, '@e9', 'click').problem).toBe('element_not_found')
  })
})

describe('changes', () => {
  const lines = Array.from({ length: 60 }, (_, index) => `  - link "Item ${index}" [ref=e${index}]`)

  test('are told by themselves on a large page', () => {
    const changed = lines.with(7, '  - link "Sold" [ref=e99]')
    expect(changesBetween(lines.join('\n'), changed.join('\n'))).toBe(
      'New or different:\n  - link "Sold" [ref=e99]\nGone:\n  - link "Item 7" [ref=e7]',
    )
    const more = [...lines, lines[0] ?? '']
    expect(changesBetween(lines.join('\n'), more.join('\n'))).toBe(`New or different:\n${lines[0]}`)
  })

  test('are not told when the whole says it as well', () => {
    expect(changesBetween('- a\n- b', '- a\n- c')).toBeUndefined()
    const others = lines.map((line) => line.replace('Item', 'Other'))
    expect(changesBetween(lines.join('\n'), others.join('\n'))).toBeUndefined()
  })

  test('bullets are no content, numbers are', () => {
    const list = '- listitem\n  - ListMarker "• "\n  - StaticText "a"\n  - ListMarker "1. "\n'
    expect(compact(list)).toBe('- listitem\n  - StaticText "a"\n  - ListMarker "1. "')
  })
})

describe('pictures', () => {
  const png =
    'iVBORw0KGgoAAAANSUhEUgAAAAIAAAADCAIAAAA2iEnWAAAAEElEQVR4nGP8z8AARAwQCgAf7gEDdLmbIQAAAABJRU5ErkJggg=='

  test('are told by their first bytes', () => {
    expect(readImage(png)).toEqual({ mimeType: 'image/png', base64: png, width: 2, height: 3 })
    expect(readImage(png.replace(/(.{20})/g, '$1\n'))?.base64).toBe(png)
  })

  test.each(['', 'too large', '{"success":false}', 'AAAA', '/9j/4AAQSkZJRg==', '/9j/////', '!!!!'])(
    '%j is none',
    (text) => expect(readImage(text)).toBeUndefined(),
  )
})
