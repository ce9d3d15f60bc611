import test from 'ava';
import fc from 'fast-check';
import { decodeFormText, parseForm } from '../../server/form.ts';

const GOOD: readonly (readonly [text: string, form: Record<string, string>])[] = [
  ['', {}],
  ['&&', {}],
  ['token=abc', { token: 'abc' }],
  ['token=abc&', { token: 'abc' }],
  ['&token=abc&&hint=x', { token: 'abc', hint: 'x' }],
  ['token=a%20b+c', { token: 'a b c' }],
  ['token=a%2Bb', { token: 'a+b' }],
  ['token=a=b==', { token: 'a=b==' }],
  ['%74oken=abc', { token: 'abc' }],
  ['token=%C3%BC\u00fc', { token: '\u00fc\u00fc' }],
  ['token=%00', { token: '\0' }],
  ['token=%ef%bf%bd', { token: '\ufffd' }],
  ['token=line%0D%0Abreak', { token: 'line\r\nbreak' }],
  ['=abc', { '': 'abc' }],
  ['token=', {}],
  ['token', {}],
  ['token[a]=1', { 'token[a]': '1' }],
  ['token[]=1', { 'token[]': '1' }],
  ['token.a=1', { 'token.a': '1' }],
  ['token=1;a=2', { token: '1;a=2' }],
  ['Token=1&token=2', { Token: '1', token: '2' }],
  ['constructor=1&toString=2', { constructor: '1', toString: '2' } as never],
];

test('Names and values are taken as they stand, and one without a value is left out', (t) => {
  for (const [text, form] of GOOD) t.deepEqual({ ...parseForm(text) }, form, text);
});

const MALFORMED = [
  'token=a&token=a',
  'token=a&token=b',
  'token=a&%74oken=b',
  'token=&token=a',
  'token&token',
  'x=1&token=a&x=1',
  '__proto__=1&__proto__=2',
  '=1&=2',
  'token=%',
  'token=%2',
  'token=%zz',
  'token=%u0041',
  '%=token',
  'token=%ff',
  'token=%c3',
  'token=%c3%28',
  'token=%c0%80',
  'token=%ed%a0%80',
  'token=%f5%80%80%80',
];

test('A broken encoding, what is not UTF-8, and a parameter that is there twice make it malformed', (t) => {
  for (const text of MALFORMED) t.is(parseForm(text), undefined, text);
});

test('No name reaches a prototype', (t) => {
  const form = parseForm('__proto__=a&constructor=b&__proto__[admin]=c&constructor.prototype.x=d');
  t.is(Object.getPrototypeOf(form), null);
  t.deepEqual(Object.entries(form ?? {}), [
    ['__proto__', 'a'],
    ['constructor', 'b'],
    ['__proto__[admin]', 'c'],
    ['constructor.prototype.x', 'd'],
  ]);
  t.false('admin' in {});
});

test('Whatever a client encodes is read back', (t) => {
  const text = fc.string({ unit: 'grapheme', minLength: 1 });
  fc.assert(
    fc.property(fc.dictionary(text, text), (form) => {
      t.deepEqual({ ...parseForm(new URLSearchParams(form).toString()) }, { ...form });
    }),
  );
});

test('Any text is read or refused, and never throws', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'&=%+[]a0f\u00fc\0') }), (text) => {
      const form = parseForm(text);
      t.true(form === undefined || Object.values(form).every((value) => value !== ''));
      t.true(decodeFormText(text) === undefined || typeof decodeFormText(text) === 'string');
    }),
  );
});
