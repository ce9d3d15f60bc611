import type { Random } from './random.ts';
import { makeSimilar, splice } from './texts.ts';

/** The fields of a body. */
export type Fields = Readonly<Record<string, string>>;

/** Makes the text of a body out of its fields, or several of which one is picked. */
type TextMutator = (fields: Fields, random: Random) => string | readonly string[];
type TextMutators = Readonly<Record<string, TextMutator>>;

/** A name and a value, both encoded. */
type Member = readonly [name: string, value: string];

const OPERATORS = '$ne $gt $regex $where $in $exists $not $expr $function'.split(' ');
const OBJECT_NAMES = '__proto__ constructor prototype toString length role roles _id user_id';
const OAUTH_NAMES = ['client_id', 'client_secret', 'scope'];
const NAMES = [...OPERATORS, ...OBJECT_NAMES.split(' '), ...OAUTH_NAMES, ''];

const pickField = (fields: Fields, { pick }: Random) => pick(Object.keys(fields));

/** A format of bodies. */
type Format = typeof JSON_FORMAT;

/** Makes the mutators that every format has. */
function createMutators(format: Format): TextMutators {
  const { noun, encode, respell, write, listSpellings, listSimilarNames, makeValue } = format;
  const list = (fields: Fields, spell = encode): Member[] =>
    Object.entries(fields).map(([name, value]) => [spell(name), spell(value)]);
  const add = (fields: Fields, name: string, random: Random) => {
    const added: Member[] = [[name, makeValue(fields, random)]];
    return [list(fields).concat(added), added.concat(list(fields))].map(write);
  };

  return {
    untouched: (fields) => write(list(fields)),
    'spelled otherwise': (fields) => {
      const others = [list(fields, respell), list(fields).reverse()].map(write);
      return [...others, ...listSpellings(write(list(fields)))];
    },
    [`a ${noun} left out`]: (fields, { some }) => {
      const members = list(fields);
      const omitted = some(members);
      return write(members.filter((member) => !omitted.includes(member)));
    },
    [`a ${noun} too many`]: (fields, random) => add(fields, encode(random.pick(NAMES)), random),
    [`a ${noun} twice`]: (fields, random) =>
      add(fields, random.pick([encode, respell])(pickField(fields, random)), random),
    [`a ${noun} renamed`]: (fields, random) => {
      const field = pickField(fields, random);
      const renamed = random.pick(listSimilarNames(field));
      const rename = (name: string) => (name === encode(field) ? renamed : name);
      return write(list(fields).map(([name, value]) => [rename(name), value]));
    },
    [`${noun}s exchanged`]: (fields) => {
      const members = list(fields);
      const at = (index: number) => members[index % members.length]?.[1] ?? '';
      return write(members.map(([name], index) => [name, at(index + 1)]));
    },
    'a string nearly right': (fields, random) => {
      const field = pickField(fields, random);
      return write(list({ ...fields, [field]: makeSimilar(fields[field] ?? '', random) }));
    },
  };
}

/** Numbers as they stand in a JSON text: some are no JSON, others have no number in JavaScript. */
const NUMBERS = [
  ...'0 -0 1e308 1e999 -1e999 9007199254740993 NaN Infinity 0x10 01 +1 undefined'.split(' '),
  ...['9'.repeat(400), `0.${'1'.repeat(400)}`],
];
const OTHERS = 'null true false [] {}'.split(' ');
const PRIVILEGES = '1 null "x" [] ["admin"] {"isAdmin":true}'.split(' ');

const quote = (text: string) => JSON.stringify(text);
const makeOperator = ({ pick, json }: Random) => `{${quote(pick(OPERATORS))}:${json(1)}}`;

const JSON_FORMAT = {
  noun: 'member',
  encode: quote,
  /** Encodes a text in another way of the same meaning. */
  respell: (text: string) =>
    quote(text).replace(/[a-z]/g, (letter) => `\\u00${letter.charCodeAt(0).toString(16)}`),
  write: (members: readonly Member[]) => `{${members.map((member) => member.join(':')).join(',')}}`,
  /** Lists bodies of the same meaning as this one. */
  listSpellings: (text: string) => [JSON.stringify(JSON.parse(text), null, 2), ` \r\n\t${text}\n`],
  /** Lists names like this one, encoded. */
  listSimilarNames(name: string): readonly string[] {
    const similar = [' ', '\u200b', '\0'].map((sign) => name + sign);
    return [...NAMES, ...similar, name.toUpperCase(), `x_${name}`].map(quote);
  },
  /** Makes a value that no field has, encoded. */
  makeValue: (_: Fields, random: Random): string =>
    random.pick([random.pick(PRIVILEGES), makeOperator(random)]),
};

/** Sets another JSON text as the value of one of the members. */
function setValue(fields: Fields, random: Random, value: string): string {
  const field = pickField(fields, random);
  return JSON_FORMAT.write(
    Object.entries(fields).map(([name, own]) => [quote(name), name === field ? value : quote(own)]),
  );
}

export const jsonMutators: TextMutators = {
  ...createMutators(JSON_FORMAT),
  'another type': (fields, random) =>
    setValue(fields, random, random.pick([random.pick([...OTHERS, ...NUMBERS]), random.json(1)])),
  'an operator': (fields, random) => setValue(fields, random, makeOperator(random)),
  'a list or object of it': (fields, random) => {
    const own = quote(fields[pickField(fields, random)] ?? '');
    const objects = ['$eq', '0', 'toString'].map((name) => `{"${name}":${own}}`);
    return setValue(fields, random, random.pick([`[${own}]`, `[[${own}]]`, ...objects]));
  },
  deep: (fields, random) => {
    const [open = '', close = ''] = random.pick(['[ ]', '{"a": }']).split(' ');
    const most = Math.floor(15_000 / (open.length + close.length));
    const levels = Math.min(most, 1 + random.below(7_000));
    return setValue(fields, random, `${open.repeat(levels)}1${close.repeat(levels)}`);
  },
  wrapped: (fields) => {
    const text = JSON.stringify(fields);
    return [
      ...[`[${text}]`, quote(text), `{"body":${text}}`, `{"__proto__":${text}}`],
      ...[`[${text},${text}]`, `${text}${text}`, `/**/${text}`, `${text},`],
      ...[`)]}',\n${text}`, `callback(${text})`],
    ];
  },
  'any JSON': (_, { json }) => json(3),
};

const NAME_SUFFIXES = '[] [$ne] %5B%24gt%5D [__proto__] .a %00 + %20 \u200b'.split(' ');
const BROKEN_CODES = '% %z %zz %c0%af %ed%a0%80 %ff %00 %u0041'.split(' ');

const FORM_FORMAT: Format = {
  noun: 'parameter',
  encode: (text) => new URLSearchParams({ '': text }).toString().slice(1),
  respell: (text) => Buffer.from(text).toString('hex').replace(/../g, '%$&'),
  write: (members) => members.map((member) => member.join('=')).join('&'),
  listSpellings: (text) => [`&&${text}&`],
  listSimilarNames: (name) => NAME_SUFFIXES.map((suffix) => name + suffix),
  makeValue: ({ token = '' }, { pick }) => pick(['x', '', token]),
};

export const toForm = (fields: Fields) => new URLSearchParams(fields).toString();

export const formMutators: TextMutators = {
  ...createMutators(FORM_FORMAT),
  'a broken encoding': (fields, { below, pick }) => {
    const form = toForm(fields);
    return splice(form, below(form.length), 1, pick(BROKEN_CODES));
  },
  'other separators': (fields) => {
    const form = toForm(fields);
    return [form.replaceAll('&', ';'), form.replaceAll('=', ':'), form.replaceAll('&', '\n')];
  },
  JSON: (fields) => [JSON.stringify(fields), JSON.stringify(toForm(fields))],
  'any text': (_, { text }) => text(0, 200),
};
