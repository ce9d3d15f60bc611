import { brotliDecompressSync, unzipSync } from 'node:zlib';
import { claimsOf } from '../../helpers/forged-tokens.ts';
import { PASSWORD } from '../../helpers/users.ts';
import type { BodyScene } from './body-scene.ts';
import type { Got } from './http-client.ts';
import type { MutantBody } from './mutant-bodies.ts';

/** What any of these endpoints may answer to a body. Never 5xx, and no 404 or 429 here. */
const ALLOWED: ReadonlySet<number> = new Set([200, 400, 401, 403, 413, 415, 422]);

/**
 * What is wrong with the answer; undefined where nothing is. The oracle reads the body in its own way, and
 * lets an endpoint say yes only to exactly what it is for.
 */
export function faultOf(mutant: MutantBody, { status, body }: Got, scene: BodyScene) {
  const { good, mutator } = mutant;
  if (!ALLOWED.has(status)) return `it was answered ${status}`;
  if (mutator === 'untouched' && status !== good.answer)
    return `${status} in place of ${good.answer}`;
  if (status !== 200) return undefined;
  const fields = readFields(mutant);
  if (fields === undefined) return 'it was read, and is not what it says it is';
  return RULES[good.path]?.(fields, body, scene) ?? undefined;
}

type Fields = Readonly<Record<string, unknown>>;
type Rule = (fields: Fields, body: Got['body'], scene: BodyScene) => string | undefined;

/** When an answer of 200 is wrong. */
const RULES: Readonly<Record<string, Rule>> = {
  '/api/auth/login': ({ email, password, ...more }, _, scene) =>
    isSpellingOf(scene.email, email) && password === PASSWORD && isEmpty(more)
      ? undefined
      : 'it logged in',

  '/api/auth/refresh': ({ refresh_token: token, ...more }, body, { tokens }) =>
    token === tokens.refresh &&
    isEmpty(more) &&
    claimsOf(body.access_token).sid === tokens.sessionId
      ? undefined
      : 'it refreshed',

  '/api/auth/change-password': () => 'it changed a password',

  '/oauth/introspect': ({ token }, { active }, { tokens }) =>
    active === (token === tokens.access)
      ? undefined
      : `it was called ${active ? 'active' : 'not active'}`,

  '/oauth/revoke': ({ token }) => (typeof token === 'string' ? undefined : 'it has no token'),
};

/** The one normal form of an address: NFC, no space around it, no case. */
function isSpellingOf(address: string, text: unknown): boolean {
  return typeof text === 'string' && text.trim().normalize('NFC').toLowerCase() === address;
}

function isEmpty(fields: Fields): boolean {
  return Object.keys(fields).length === 0;
}

/** What the body says to a strict reader; undefined where it says nothing. */
function readFields({ good, type, encoding, bytes }: MutantBody): Fields | undefined {
  const media = good.isForm ? 'application/x-www-form-urlencoded' : 'application/json';
  if (!new RegExp(`^${media}\\s*(;|$)`, 'i').test(type.trim())) return undefined;
  if (/charset/i.test(type) && !/charset\s*=\s*"?utf-?8"?\s*(;|$)/i.test(type)) return undefined;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(unpack(bytes, encoding));
    return good.isForm ? readForm(text) : readJson(text);
  } catch {
    return undefined;
  }
}

const MOST = { maxOutputLength: 16 * 1024 };

/** gzip and deflate tell themselves apart, so either may stand under either name. */
const PACKINGS: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  '': (bytes) => bytes,
  identity: (bytes) => bytes,
  gzip: (bytes) => unzipSync(bytes, MOST),
  deflate: (bytes) => unzipSync(bytes, MOST),
  br: (bytes) => brotliDecompressSync(bytes, MOST),
};

function unpack(bytes: Buffer, encoding = ''): Buffer {
  const unpacked = PACKINGS[encoding.toLowerCase()]?.(bytes);
  if (unpacked === undefined) throw new Error('There is no such encoding');
  return unpacked;
}

/** A body with a member twice is refused in any case, so it does not matter here that the last one counts. */
function readJson(text: string): Fields | undefined {
  const value = JSON.parse(text);
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
}

function readForm(text: string): Fields | undefined {
  const pairs = text
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const [name = '', ...value] = pair.split('=');
      return [name, value.join('=')].map((part) => decodeURIComponent(part.replaceAll('+', ' ')));
    });
  const names = pairs.map(([name]) => name);
  return new Set(names).size === names.length ? Object.fromEntries(pairs) : undefined;
}
