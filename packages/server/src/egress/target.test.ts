import { expect, test } from 'vitest'
import { canonicalHost, parseTarget } from './target.ts'

test.each([
  ['EXAMPLE.com.', 'example.com'],
  ['ex%61mple.com', 'example.com'],
  ['ｅｘａｍｐｌｅ．ｃｏｍ', 'example.com'],
  ['bücher.example', 'xn--bcher-kva.example'],
  ['a_b.example', 'a_b.example'],
  ['127.1', '127.0.0.1'],
  ['0x7f.0.0.1.', '127.0.0.1'],
  ['①②⑦.⓪.⓪.①', '127.0.0.1'],
  ['[0:0::FFFF:127.0.0.1]', '::ffff:7f00:1'],
  ['[2001:DB8:0::0:1]', '2001:db8::1'],
])('%s is %s', (text, host) => {
  expect(canonicalHost(text)?.host).toBe(host)
})

test.each([
  ...['', ' ', '.', 'a b', 'a..b', '::1', '[::1', '[::1%1]', '[fe80::1%25eth0]', '[]', '[1.2.3.4]'],
  ...['a@b', 'a:b@c', 'a/b', 'a\\b', 'a?b', 'a#b', 'a:80', 'a%40b', 'a%2Fb', 'a%00b', 'a\u0000b'],
  ...['a\nb', 'a\tb', '1.2.3.256', '1.2.3.4.5', '0x1ffffffff', '1.2.3.4..', 'a,b', 'a*b', '*'],
  ...['x'.repeat(64), 'x.'.repeat(128), 'http://a', '[a]', 'a[::1]', '[::1]a', '%'],
])('%j is no host', (text) => {
  expect(canonicalHost(text)).toBeUndefined()
})

test('a target has one text, whatever it was written like', () => {
  expect(parseTarget('[::0001]:0443')).toEqual({
    ...{ host: '::1', isAddress: true, port: 443, text: '[::1]:443' },
  })
  expect(parseTarget('Example.Com.', 80)?.text).toBe('example.com:80')
  expect(parseTarget('example.com:', 80)?.text).toBe('example.com:80')
  expect(parseTarget('example.com')).toBeUndefined()
  expect(parseTarget('example.com:0', 80)).toBeUndefined()
  expect(parseTarget('example.com:65536', 80)).toBeUndefined()
})
