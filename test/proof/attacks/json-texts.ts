import fc from 'fast-check';
import {
  type Fields,
  NAMES,
  nearly,
  OPERATORS,
  someField,
  type TextMutators,
} from './nearly-right.ts';

/** As they stand in a JSON text: some are no JSON, others have no number in JavaScript. */
const NUMBERS = [
  '0',
  '-0',
  '1e308',
  '1e999',
  '-1e999',
  '9007199254740993',
  '9'.repeat(400),
  `0.${'1'.repeat(400)}`,
  'NaN',
  'Infinity',
  '0x10',
  '01',
  '+1',
  'undefined',
];

const quote = (text: string) => JSON.stringify(text);
const object = (members: readonly string[]) => `{${members.join(',')}}`;
const membersOf = (fields: Fields) =>
  Object.entries(fields).map(([name, value]) => `${quote(name)}:${quote(value)}`);

/** The object with another text for the value of one of its members. */
function withValue(fields: Fields, value: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc
    .tuple(someField(fields), value)
    .map(([field, text]) =>
      object(
        Object.entries(fields).map(
          ([name, its]) => `${quote(name)}:${name === field ? text : quote(its)}`,
        ),
      ),
    );
}

const operator = fc
  .tuple(fc.constantFrom(...OPERATORS), fc.jsonValue({ maxDepth: 1 }))
  .map(([name, value]) => JSON.stringify({ [name]: value }));

const deep = fc
  .tuple(fc.integer({ min: 1, max: 7_000 }), fc.constantFrom(['[', ']'], ['{"a":', '}']))
  .map(([levels, [open = '', close = '']]) => {
    const most = Math.min(levels, Math.floor(15_000 / (open.length + close.length)));
    return `${open.repeat(most)}1${close.repeat(most)}`;
  });

export const jsonTexts: TextMutators = {
  untouched: (fields) => fc.constant(JSON.stringify(fields)),
  'spelled otherwise': (fields) =>
    fc.constantFrom(
      JSON.stringify(fields, undefined, 2),
      object(membersOf(fields).reverse()),
      JSON.stringify(fields).replace(
        /[a-z]/g,
        (letter) => `\\u00${letter.charCodeAt(0).toString(16)}`,
      ),
      ` \r\n\t${JSON.stringify(fields)}\n`,
    ),
  'another type': (fields) =>
    withValue(
      fields,
      fc.oneof(
        fc.constantFrom('null', 'true', 'false', '[]', '{}', ...NUMBERS),
        fc.jsonValue({ maxDepth: 1 }).map((value) => JSON.stringify(value)),
      ),
    ),
  'an operator': (fields) => withValue(fields, operator),
  'a list or object of it': (fields) =>
    someField(fields).chain((field) => {
      const value = quote(fields[field] ?? '');
      return withValue(
        fields,
        fc.constantFrom(
          `[${value}]`,
          `[[${value}]]`,
          `{"$eq":${value}}`,
          `{"0":${value}}`,
          `{"toString":${value}}`,
        ),
      );
    }),
  deep: (fields) => withValue(fields, deep),
  'a string nearly right': (fields) =>
    someField(fields).chain((field) =>
      nearly(fields[field] ?? '').map((text) => JSON.stringify({ ...fields, [field]: text })),
    ),
  'a member left out': (fields) =>
    fc.subarray(membersOf(fields), { maxLength: membersOf(fields).length - 1 }).map(object),
  'a member renamed': (fields) =>
    fc
      .tuple(someField(fields), fc.constantFrom(...NAMES, ' ', '\u200b', '\0', 'UP', 'X_'))
      .map(([field, sign]) => {
        const name =
          { UP: field.toUpperCase(), X_: `x_${field}` }[sign] ??
          (NAMES.includes(sign) ? sign : field + sign);
        return JSON.stringify(fields).replace(quote(field), quote(name));
      }),
  'a member too many': (fields) =>
    fc
      .tuple(
        fc.constantFrom(...NAMES),
        fc.oneof(operator, fc.constantFrom('1', 'null', '["admin"]', '{"isAdmin":true}')),
      )
      .chain(([name, value]) =>
        fc.constantFrom(
          object([...membersOf(fields), `${quote(name)}:${value}`]),
          object([`${quote(name)}:${value}`, ...membersOf(fields)]),
        ),
      ),
  'a member twice': (fields) =>
    fc
      .tuple(someField(fields), fc.oneof(operator, fc.constantFrom('null', '"x"', '[]')))
      .chain(([field, value]) =>
        fc.constantFrom(
          object([...membersOf(fields), `${quote(field)}:${value}`]),
          object([`${quote(field)}:${value}`, ...membersOf(fields)]),
        ),
      ),
  'members exchanged': (fields) => {
    const [names, values] = [Object.keys(fields), Object.values(fields)];
    return fc.constant(
      object(
        names.map(
          (name, index) => `${quote(name)}:${quote(values[(index + 1) % values.length] ?? '')}`,
        ),
      ),
    );
  },
  wrapped: (fields) => {
    const text = JSON.stringify(fields);
    return fc.constantFrom(
      `[${text}]`,
      quote(text),
      `{"body":${text}}`,
      `{"__proto__":${text}}`,
      `[${text},${text}]`,
      `${text}${text}`,
      `/**/${text}`,
      `${text},`,
      `)]}',\n${text}`,
      `callback(${text})`,
    );
  },
  'any JSON': () => fc.jsonValue().map((value) => JSON.stringify(value)),
};
