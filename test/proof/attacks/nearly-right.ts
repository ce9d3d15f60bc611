import fc from 'fast-check';
import { at, SIGNS, SPACES, spliced } from './edits.ts';

/** The fields of a body. */
export type Fields = Readonly<Record<string, string>>;

/** Makes the text of a body of its fields. */
export type TextMutators = Readonly<Record<string, (fields: Fields) => fc.Arbitrary<string>>>;

export const OPERATORS = [
  '$ne',
  '$gt',
  '$regex',
  '$where',
  '$in',
  '$exists',
  '$not',
  '$expr',
  '$function',
];

/** What a field may be called that is none. */
export const NAMES = [
  ...OPERATORS,
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'length',
  'role',
  'roles',
  '_id',
  'user_id',
  '',
];

export function someField(fields: Fields): fc.Arbitrary<string> {
  return fc.constantFrom(...Object.keys(fields));
}

/** A string that some program takes for this one. */
export function nearly(text: string): fc.Arbitrary<string> {
  const edited = fc
    .tuple(at(text), fc.nat({ max: 2 }), fc.constantFrom('', ...SIGNS, 'x'))
    .map(([index, removed, sign]) => spliced(text, index, removed, sign));
  const around = fc
    .tuple(fc.constantFrom('', ...SPACES), fc.constantFrom('', ...SPACES, '\0', 'x'))
    .map(([before, after]) => before + text + after);
  const letters = fc.constantFrom(
    text.toUpperCase(),
    text.toLowerCase(),
    text.normalize('NFD').replace('e', 'e\u0301'),
    text.replaceAll('s', '\u017f'),
    text.replaceAll('k', '\u212a'),
    text.replaceAll('i', '\u0130'),
    text.replace(/[a-z]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) + 0xfee0)),
    `${text}${'x'.repeat(72)}`,
    text.repeat(30),
    'x'.repeat(20_000),
  );
  return fc.oneof({ weight: 3, arbitrary: edited }, around, letters, fc.string({ unit: 'binary' }));
}
