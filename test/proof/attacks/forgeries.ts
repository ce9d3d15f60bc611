import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import type { Mutators } from './edits.ts';

/** Tokens that say something else, by whoever has no key. */
export const forgeries: Mutators = {
  'parts exchanged': (token) =>
    fc.shuffledSubarray(token.split('.'), { minLength: 1 }).map((parts) => parts.join('.')),
  'parts of two tokens': (token, another) => {
    const [mine, theirs] = [token.split('.'), another.split('.')];
    return fc
      .array(fc.boolean(), { minLength: mine.length, maxLength: mine.length })
      .map((takes) => mine.map((part, index) => (takes[index] ? theirs[index] : part)).join('.'));
  },
  'two tokens': (token, another) =>
    fc.constantFrom(' ', ',', ', ', '\t', '').map((between) => token + between + another),
  'header edited': (token) => reSigned(token, 0),
  'payload edited': (token) => reSigned(token, 1),
  'signature of nothing': (token) => withSignature(token, token.split('.').slice(0, 2).join('.')),
};

/** The members of an object as JSON, changed in what they say or only in how they are spelled. */
function withMember(json: string): fc.Arbitrary<string> {
  const member = fc.constantFrom(
    'alg',
    'kid',
    'typ',
    'sub',
    'sid',
    'exp',
    'iat',
    'stamp',
    'type',
    'jti',
    '__proto__',
    'crit',
  );
  const value = fc.oneof(
    fc.constantFrom('none', 'HS256', 'RS256', 'at+jwt', 'JWT', '', 0, 1e308, null, true),
    fc.constant({ $ne: null }),
    fc.uuid(),
    fc.nat(),
    fc.jsonValue({ maxDepth: 1 }),
  );
  const text = fc
    .tuple(member, value)
    .map(([name, its]) => `${JSON.stringify(name)}:${JSON.stringify(its)}`);
  return fc.oneof(
    fc.tuple(member, value).map(([name, its]) => JSON.stringify({ ...parse(json), [name]: its })),
    text.map((one) => json.replace('{', `{${one},`)),
    text.map((one) => json.replace(/}$/, `,${one}}`)),
    fc.constantFrom(` ${json}`, `${json}\n`, json.replace(':', ': '), json.replace('a', '\\u0061')),
    fc.constant(JSON.stringify(Object.fromEntries(Object.entries(parse(json)).reverse()))),
  );
}

function parse(json: string): object {
  try {
    const value = JSON.parse(json);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {}; // the part of a refresh token is no JSON
  }
}

/** Signatures that cost no key: none, junk, or an HMAC with what anyone knows. */
function withSignature(token: string, signed: string): fc.Arbitrary<string> {
  const old = token.split('.').at(-1) ?? '';
  const guesses = ['', '\0', 'secret', 'rescind', 'HS256', token.split('.')[0] ?? ''];
  return fc
    .oneof(
      fc.constantFrom('', old, old.slice(0, 22), old + old),
      fc.uint8Array({ maxLength: 70 }).map((bytes) => encode(Buffer.from(bytes))),
      fc
        .constantFrom(...guesses)
        .map((key) => createHmac('sha256', key).update(signed).digest('base64url')),
    )
    .map((signature) => `${signed}.${signature}`);
}

/** Header or payload edited. Where an earlier mutation left fewer parts, it comes behind them. */
function reSigned(token: string, index: 0 | 1): fc.Arbitrary<string> {
  const parts = token.split('.');
  return withMember(decode(parts[index])).chain((json) => {
    const signed = [...parts.slice(0, index), encode(json), ...parts.slice(index + 1)].slice(0, 2);
    return withSignature(token, signed.join('.'));
  });
}

function encode(value: string | Buffer): string {
  return Buffer.from(value).toString('base64url');
}

function decode(part = ''): string {
  return Buffer.from(part, 'base64url').toString();
}
