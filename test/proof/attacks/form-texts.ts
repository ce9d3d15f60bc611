import fc from 'fast-check';
import { at, spliced } from './edits.ts';
import { type Fields, NAMES, nearly, someField, type TextMutators } from './nearly-right.ts';

const form = (fields: Fields) => new URLSearchParams(fields).toString();
const escaped = (text: string) =>
  [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');

export const formTexts: TextMutators = {
  untouched: (fields) => fc.constant(form(fields)),
  'spelled otherwise': (fields) =>
    fc.constantFrom(
      Object.entries(fields)
        .map(([name, value]) => `${escaped(name)}=${escaped(value)}`)
        .join('&'),
      `&&${form(fields)}&`,
      form(Object.fromEntries(Object.entries(fields).reverse())),
    ),
  'a parameter twice': (fields) =>
    fc
      .tuple(someField(fields), fc.constantFrom('x', '', fields['token'] ?? ''), fc.boolean())
      .map(([name, value, first]) =>
        first ? `${name}=${value}&${form(fields)}` : `${form(fields)}&${escaped(name)}=${value}`,
      ),
  'a parameter renamed': (fields) =>
    fc
      .tuple(
        someField(fields),
        fc.constantFrom(
          '[]',
          '[$ne]',
          '%5B%24gt%5D',
          '[__proto__]',
          '.a',
          '%00',
          '+',
          '%20',
          '\u200b',
        ),
      )
      .map(([name, sign]) => form(fields).replace(name, `${name}${sign}`)),
  'a parameter left out': (fields) =>
    fc
      .subarray(Object.entries(fields), { maxLength: Object.keys(fields).length - 1 })
      .map((some) => form(Object.fromEntries(some))),
  'a parameter too many': (fields) =>
    fc
      .constantFrom(...NAMES, 'client_id', 'client_secret', 'scope')
      .map((name) => form({ ...fields, [name]: 'x' })),
  'a string nearly right': (fields) =>
    someField(fields).chain((field) =>
      nearly(fields[field] ?? '').map((text) => form({ ...fields, [field]: text })),
    ),
  'a broken encoding': (fields) =>
    fc
      .tuple(
        at(form(fields)),
        fc.constantFrom('%', '%z', '%zz', '%c0%af', '%ed%a0%80', '%ff', '%00', '%u0041'),
      )
      .map(([index, code]) => spliced(form(fields), index, 1, code)),
  'other separators': (fields) =>
    fc.constantFrom(
      form(fields).replaceAll('&', ';'),
      form(fields).replaceAll('=', ':'),
      form(fields).replaceAll('&', '\n'),
    ),
  JSON: (fields) => fc.constantFrom(JSON.stringify(fields), JSON.stringify(form(fields))),
  'any text': () => fc.string({ unit: 'binary', maxLength: 200 }),
};
