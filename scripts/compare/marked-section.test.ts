import { expect, test } from 'vitest'
import { replaceSection } from './marked-section.ts'

test('what stands between the markers is replaced, and nothing else', () => {
  const text =
    '# A\n\n<!-- sizes -->\nold\n<!-- /sizes -->\n\n<!-- imports -->\nold\n<!-- /imports -->\n'
  const once = replaceSection(text, 'sizes', 'new $& table')
  expect(once).toBe(
    '# A\n\n<!-- sizes -->\n\nnew $& table\n\n<!-- /sizes -->\n\n<!-- imports -->\nold\n<!-- /imports -->\n',
  )
  expect(replaceSection(once, 'sizes', 'new $& table')).toBe(once)
})

test.each([
  'nothing',
  '<!-- sizes -->',
  '<!-- /sizes -->\n<!-- sizes -->',
  '<!-- sizes --><!-- /sizes --><!-- /sizes -->',
  '<!-- sizes --><!-- /sizes --><!-- sizes --><!-- /sizes -->',
])('%j has no such section', (text) => {
  expect(() => replaceSection(text, 'sizes', 'new')).toThrow(/<!-- sizes --> and <!-- \/sizes -->/)
})
