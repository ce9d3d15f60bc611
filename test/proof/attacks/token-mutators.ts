import { createHmac } from 'node:crypto';
import { encode } from '../../helpers/forged-tokens.ts';
import type { Random } from './random.ts';
import { ALPHABET, flipBit, insertAt, listLookalikes, SIGNS, SPACES, splice } from './texts.ts';

/** Makes a mutant of a token, or several of which one is picked. */
type Mutator = (token: string, random: Random, another: string) => string | readonly string[];

const MUTATORS: Readonly<Record<string, Mutator>> = {
  // Edits that know nothing of tokens.
  untouched: (token) => token,
  'bit flipped': flipBit,
  'byte replaced': (token, { below, pick }) =>
    splice(token, below(token.length), 1, pick([...ALPHABET, ...SIGNS])),
  'byte inserted': (token, random) => insertAt(token, random, random.pick([...ALPHABET, ...SIGNS])),
  'bytes removed': (token, { below }) => splice(token, below(token.length), 1 + below(4), ''),
  'bytes exchanged': (token, { below }) => {
    const letters = [...token];
    const [one, two] = [below(letters.length), below(letters.length)];
    [letters[one], letters[two]] = [letters[two] ?? '', letters[one] ?? ''];
    return letters.join('');
  },
  truncated: (token, { below }) => {
    const index = below(token.length);
    return [token.slice(0, index), token.slice(index + 1)];
  },
  extended: (token, { text }) => [token + text(1, 40), text(1, 40) + token],
  'over 4 KiB': (token, { below }) => token + 'A'.repeat(3_000 + below(1_500)),
  junk: (_, { text }) => text(0, 60),

  // Texts that a lenient decoder takes for the token.
  're-spelled: unused bits': (token, random) =>
    changePart(token, random, (part) => setUnusedBits(part, random)),
  're-spelled: padding': (token, random) =>
    changePart(token, random, (part) => random.pick([`${part}=`, `${part}==`, `=${part}`])),
  're-spelled: white space': (token, random) => insertAt(token, random, random.pick(SPACES)),
  're-spelled: around it': (token, { pick }) => pick(['', ...SIGNS]) + token + pick(['', ...SIGNS]),
  're-spelled: base64 in place of base64url': (token) =>
    token.replaceAll('-', '+').replaceAll('_', '/'),
  're-spelled: percent encoding': (token, { below }) => {
    const index = below(token.length);
    return splice(token, index, 1, `%${token.charCodeAt(index).toString(16)}`);
  },
  're-spelled: other letters': listLookalikes,
  're-spelled: JSON serialization': (token) => {
    const [header = '', payload = '', signature = ''] = token.split('.');
    const flat = { payload, protected: header, signature };
    const general = { payload, signatures: [{ protected: header, signature }] };
    return [...[flat, general, token].map((value) => JSON.stringify(value)), encode(token)];
  },
  dots: (token) => [
    ...[token.replace('.', '..'), token.replaceAll('.', '..'), token.replace('.', '')],
    ...[`.${token}`, `${token}.`, `${token}..`, `${token}.${token.split('.')[0]}`],
    token.split('.').slice(0, 2).join('.'),
  ],

  // Tokens with other content, made without a key.
  'parts exchanged': (token, { some }) => some(token.split('.')).join('.'),
  'parts of two tokens': (token, { pick }, another) => {
    const theirs = another.split('.');
    const parts = token.split('.').map((part, index) => pick([part, theirs[index]]));
    return parts.join('.');
  },
  'two tokens': (token, _, another) =>
    [' ', ',', ', ', '\t', ''].map((sign) => token + sign + another),
  'header edited': (token, random) => editPart(token, random, 0),
  'payload edited': (token, random) => editPart(token, random, 1),
  'signature of nothing': (token, random) =>
    signWithoutKey(token, random, token.split('.').slice(0, 2).join('.')),
};

/** Mutates one of the tokens, now and then twice. */
export function mutateToken(tokens: readonly string[], random: Random) {
  const { pick, below } = random;
  const another = pick(tokens);
  const mutate = (token: string) => {
    const [mutator, make] = pick(Object.entries(MUTATORS));
    return { mutator, text: pick([make(token, random, another)].flat()) };
  };
  const once = mutate(pick(tokens));
  return below(6) > 0 ? once : { mutator: 'two of these', text: mutate(once.text || 'x').text };
}

function changePart(token: string, { below }: Random, change: (part: string) => string): string {
  const parts = token.split('.');
  const index = below(parts.length);
  return parts.with(index, change(parts[index] ?? '')).join('.');
}

/** Sets bits of the last character that a decoder drops: the decoded bytes stay the same. */
function setUnusedBits(part: string, { below }: Random): string {
  const unused = { 2: 4, 3: 2 }[part.length % 4] ?? 0;
  const last = ALPHABET.indexOf(part.at(-1) ?? '');
  return part.slice(0, -1) + (ALPHABET[last + 1 + below(2 ** unused - 1)] ?? '=');
}

/** Edits the JSON of header or payload. After a mutation that left fewer parts, it comes behind them. */
function editPart(token: string, random: Random, index: 0 | 1): string {
  const parts = token.split('.');
  const json = editJson(Buffer.from(parts[index] ?? '', 'base64url').toString(), random);
  const signed = [...parts.slice(0, index), encode(json), ...parts.slice(index + 1)].slice(0, 2);
  return signWithoutKey(token, random, signed.join('.'));
}

const MEMBERS = 'alg kid typ sub sid exp iat stamp type jti __proto__ crit'.split(' ');
const VALUES = ['none', 'HS256', 'RS256', 'at+jwt', 'JWT', '', 0, 1e308, null, true];

/** Changes the content of an object, or only its spelling. */
function editJson(json: string, { pick, below, bytes, json: anyJson }: Random): string {
  const uuid = bytes(16, 16)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  const values = [pick(VALUES), { $ne: null }, uuid, below(2 ** 31), JSON.parse(anyJson(1))];
  const [name, value] = [pick(MEMBERS), pick(values)];
  const member = `${JSON.stringify(name)}:${JSON.stringify(value)}`;
  const object = parseObject(json);
  return pick([
    JSON.stringify({ ...object, [name]: value }),
    json.replace('{', `{${member},`),
    json.replace(/}$/, `,${member}}`),
    pick([` ${json}`, `${json}\n`, json.replace(':', ': '), json.replace('a', '\\u0061')]),
    JSON.stringify(Object.fromEntries(Object.entries(object).reverse())),
  ]);
}

function parseObject(json: string): object {
  try {
    const value = JSON.parse(json);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {}; // the part of a refresh token is no JSON
  }
}

/** Adds a signature that needs no key: none, junk, or an HMAC with a key that anyone can guess. */
function signWithoutKey(token: string, { pick, bytes }: Random, signed: string): string {
  const old = token.split('.').at(-1) ?? '';
  const key = pick(['', '\0', 'secret', 'rescind', 'HS256', token.split('.')[0] ?? '']);
  const mac = createHmac('sha256', key).update(signed).digest('base64url');
  const known = pick(['', old, old.slice(0, 22), old + old]);
  return `${signed}.${pick([known, encode(bytes(0, 70)), mac])}`;
}
