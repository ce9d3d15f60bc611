import type { Random } from './random.ts';
import { makeSimilar, splice } from './texts.ts';

/** The fields of a body. */
export type Fields = Readonly<Record<string, string>>;

/** Makes the text of a body out of its fields. */
type TextMutators = Readonly<Record<string, (fields: Fields, random: Random) => string>>;

const OPERATORS = '$ne $gt $regex $where $in $exists $not $expr $function'.split(' ');
const OBJECT_NAMES = '__proto__ constructor prototype toString length role roles _id user_id'.split(
  ' ',
);
/** Names that no field has. */
const NAMES = [...OPERATORS, ...OBJECT_NAMES, ''];

/** Numbers as they stand in a JSON text: some are no JSON, others have no number in JavaScript. */
const NUMBERS = [
  ...'0 -0 1e308 1e999 -1e999 9007199254740993 NaN Infinity 0x10 01 +1 undefined'.split(' '),
  ...['9'.repeat(400), `0.${'1'.repeat(400)}`],
];

const quote = (text: string) => JSON.stringify(text);
const joinMembers = (members: readonly string[]) => `{${members.join(',')}}`;
const listMembers = (fields: Fields) =>
  Object.entries(fields).map(([name, value]) => `${quote(name)}:${quote(value)}`);
const pickField = (fields: Fields, { pick }: Random) => pick(Object.keys(fields));
const omitSome = <T>(values: readonly T[], { shuffle, below }: Random) => {
  const omitted = new Set(shuffle(values).slice(0, 1 + below(values.length)));
  return values.filter((value) => !omitted.has(value));
};

/** Sets another JSON text as the value of one of the members. */
function setValue(fields: Fields, field: string, value: string): string {
  const entries = Object.entries(fields);
  return joinMembers(
    entries.map(([name, own]) => `${quote(name)}:${name === field ? value : quote(own)}`),
  );
}

function makeOperator({ pick, json }: Random): string {
  return `{${quote(pick(OPERATORS))}:${json(1)}}`;
}

/** Adds a member at the front or at the end. */
function addMember(fields: Fields, { pick }: Random, name: string, value: string): string {
  const member = `${quote(name)}:${value}`;
  const members = listMembers(fields);
  return joinMembers(
    pick([
      [...members, member],
      [member, ...members],
    ]),
  );
}

export const jsonMutators: TextMutators = {
  untouched: (fields) => JSON.stringify(fields),
  'spelled otherwise': (fields, { pick }) => {
    const text = JSON.stringify(fields);
    return pick([
      JSON.stringify(fields, undefined, 2),
      joinMembers(listMembers(fields).reverse()),
      text.replace(/[a-z]/g, (letter) => `\\u00${letter.charCodeAt(0).toString(16)}`),
      ` \r\n\t${text}\n`,
    ]);
  },
  'another type': (fields, random) => {
    const value = random.pick(['null', 'true', 'false', '[]', '{}', ...NUMBERS]);
    return setValue(fields, pickField(fields, random), random.pick([value, random.json(1)]));
  },
  'an operator': (fields, random) =>
    setValue(fields, pickField(fields, random), makeOperator(random)),
  'a list or object of it': (fields, random) => {
    const own = quote(fields[pickField(fields, random)] ?? '');
    const objects = ['$eq', '0', 'toString'].map((name) => `{"${name}":${own}}`);
    const value = random.pick([`[${own}]`, `[[${own}]]`, ...objects]);
    return setValue(fields, pickField(fields, random), value);
  },
  deep: (fields, random) => {
    const [open, close] = random.pick([
      ['[', ']'],
      ['{"a":', '}'],
    ] as const);
    const most = Math.floor(15_000 / (open.length + close.length));
    const levels = Math.min(most, 1 + random.below(7_000));
    const value = `${open.repeat(levels)}1${close.repeat(levels)}`;
    return setValue(fields, pickField(fields, random), value);
  },
  'a string nearly right': (fields, random) => {
    const field = pickField(fields, random);
    return JSON.stringify({ ...fields, [field]: makeSimilar(fields[field] ?? '', random) });
  },
  'a member left out': (fields, random) => joinMembers(omitSome(listMembers(fields), random)),
  'a member renamed': (fields, random) => {
    const field = pickField(fields, random);
    const similar = [' ', '\u200b', '\0'].map((sign) => field + sign);
    const name = random.pick([...NAMES, ...similar, field.toUpperCase(), `x_${field}`]);
    return JSON.stringify(fields).replace(quote(field), () => quote(name));
  },
  'a member too many': (fields, random) => {
    const value = random.pick(['1', 'null', '["admin"]', '{"isAdmin":true}']);
    const any = random.pick([value, makeOperator(random)]);
    return addMember(fields, random, random.pick(NAMES), any);
  },
  'a member twice': (fields, random) => {
    const value = random.pick([random.pick(['null', '"x"', '[]']), makeOperator(random)]);
    return addMember(fields, random, pickField(fields, random), value);
  },
  'members exchanged': (fields) => {
    const values = Object.values(fields);
    const moved = [...values.slice(1), ...values.slice(0, 1)];
    return joinMembers(
      Object.keys(fields).map((name, index) => `${quote(name)}:${quote(moved[index] ?? '')}`),
    );
  },
  wrapped: (fields, { pick }) => {
    const text = JSON.stringify(fields);
    return pick([
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
    ]);
  },
  'any JSON': (_, { json }) => json(3),
};

export const toForm = (fields: Fields) => new URLSearchParams(fields).toString();
const percentEncode = (text: string) =>
  [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');

const NAME_SUFFIXES = '[] [$ne] %5B%24gt%5D [__proto__] .a %00 + %20 \u200b'.split(' ');
const BROKEN_CODES = '% %z %zz %c0%af %ed%a0%80 %ff %00 %u0041'.split(' ');

export const formMutators: TextMutators = {
  untouched: toForm,
  'spelled otherwise': (fields, { pick }) => {
    const entries = Object.entries(fields);
    return pick([
      entries.map((entry) => entry.map(percentEncode).join('=')).join('&'),
      `&&${toForm(fields)}&`,
      toForm(Object.fromEntries(entries.reverse())),
    ]);
  },
  'a parameter twice': (fields, random) => {
    const name = pickField(fields, random);
    const value = random.pick(['x', '', fields['token'] ?? '']);
    const form = toForm(fields);
    return random.pick([`${name}=${value}&${form}`, `${form}&${percentEncode(name)}=${value}`]);
  },
  'a parameter renamed': (fields, random) => {
    const name = pickField(fields, random);
    return toForm(fields).replace(name, () => name + random.pick(NAME_SUFFIXES));
  },
  'a parameter left out': (fields, random) =>
    toForm(Object.fromEntries(omitSome(Object.entries(fields), random))),
  'a parameter too many': (fields, { pick }) =>
    toForm({ ...fields, [pick([...NAMES, 'client_id', 'client_secret', 'scope'])]: 'x' }),
  'a string nearly right': (fields, random) => {
    const field = pickField(fields, random);
    return toForm({ ...fields, [field]: makeSimilar(fields[field] ?? '', random) });
  },
  'a broken encoding': (fields, { below, pick }) => {
    const form = toForm(fields);
    return splice(form, below(form.length), 1, pick(BROKEN_CODES));
  },
  'other separators': (fields, { pick }) => {
    const form = toForm(fields);
    const [from, to] = pick(['&;', '=:', '&\n']);
    return form.replaceAll(from ?? '', to ?? '');
  },
  JSON: (fields, { pick }) => pick([JSON.stringify(fields), JSON.stringify(toForm(fields))]),
  'any text': (_, { text }) => text(0, 200),
};
