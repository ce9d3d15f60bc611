import { hash } from 'node:crypto';
import { dictionary } from '@zxcvbn-ts/language-common';
import { PUBLISHED_SECRETS } from './published-secrets.ts';
import { placeholderWords } from './words.ts';

const COMMON_PASSWORDS = 500;
const ALGORITHMS = ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512'];

/** Algorithms that few people use. Only the most likely texts are hashed with them. */
const RARE_ALGORITHMS = [
  'sha3-256',
  'sha3-512',
  'ripemd160',
  'blake2b512',
  'blake2s256',
  'sha512-256',
];

/** The number of hexadecimal digits that are compared, because people often truncate digests to this length. */
const COMPARED = 32;

/** The name of an algorithm or an encoding before the digest, as in `sha256:…`, `{SHA}…` and `0x…`. */
const PREFIX = /^(?:0x|\{[a-z\d-]{2,9}\}|(?:md5|sha-?\d{1,3}|sha3-\d{3}|hex|base64)[:=$-])/i;

/** The texts that people are most likely to hash. */
const FIRST = ['', ' ', '\n', '\r\n', 'a', '0', '1', 'null', 'undefined', 'hello world', 'foobar'];
const FIRST_WORDS = [
  'P@ssw0rd',
  'Passw0rd',
  'secret',
  'password',
  'test',
  'admin',
  'changeme',
  '123456',
  'jwt',
  'key',
];

/** Parts of names such as `jwt-secret` and `my_secret_key`. */
const PARTS = [
  'jwt',
  'my',
  'your',
  'secret',
  'super',
  'key',
  'token',
  'secretkey',
  'access',
  'app',
];
const ENDINGS = ['1', '12', '123', '1234', '12345', '123456', '!', '2023', '2024', '2025', '2026'];
const JOINTS = ['', '-', '_', ' '];

let digests: ReadonlySet<string> | undefined;

/** Returns true for a whole or truncated digest, in hexadecimal or base64, of an empty text or a likely word. */
export function isHashedWord(text: string): boolean {
  const hex = inHex(text.replace(PREFIX, ''));
  if (hex === undefined) return false;
  digests ??= new Set(hashWords());
  return digests.has(hex.slice(0, COMPARED));
}

function inHex(text: string): string | undefined {
  const digits = text.replace(/[:\s-]/g, '');
  if (/^[\da-f]{32,128}$/i.test(digits)) return digits.toLowerCase();
  if (!/^[\w+/-]{22,88}={0,2}$/.test(text)) return undefined;
  return Buffer.from(text, 'base64').toString('hex');
}

function* hashWords(): Generator<string> {
  for (const text of likelyTexts()) yield* listDigests(text, ALGORITHMS);
  for (const text of withLineEnds([...FIRST, ...FIRST_WORDS])) {
    yield* listDigests(text, RARE_ALGORITHMS);
    for (const algorithm of ALGORITHMS) yield* listDigests(hash(algorithm, text), ALGORITHMS);
  }
}

function* listDigests(text: string, algorithms: readonly string[]): Generator<string> {
  for (const algorithm of algorithms) yield hash(algorithm, text).slice(0, COMPARED);
}

function likelyTexts(): ReadonlySet<string> {
  const words = [...placeholderWords, ...dictionary['passwords-common'].slice(0, COMMON_PASSWORDS)];
  const spelled = [...FIRST_WORDS, ...PARTS].flatMap((word) => [
    word.toUpperCase(),
    `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`,
    ...ENDINGS.map((ending) => `${word}${ending}`),
  ]);
  const names = PARTS.flatMap((one) =>
    PARTS.flatMap((other) => JOINTS.map((joint) => `${one}${joint}${other}`)),
  );
  const published = PUBLISHED_SECRETS.map(({ value }) => value);
  return new Set(withLineEnds([...FIRST, ...words, ...spelled, ...names, ...published, ...LONGER]));
}

const LONGER = ['your-256-bit-secret', 'my-secret-key', 'my_secret_key', 'mysecretkey', 'rescind'];

/** Returns each text without and with a line end, since `echo secret | sha256sum` hashes a line end. */
function withLineEnds(texts: readonly string[]): readonly string[] {
  return texts.flatMap((text) => [text, `${text}\n`]);
}
