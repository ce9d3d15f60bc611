import { brotliDecompressSync, unzipSync } from 'node:zlib';
import { readClaims } from '../../helpers/forged-tokens.ts';
import { PASSWORD } from '../../helpers/users.ts';
import type { HttpAnswer, HttpRequest } from '../http-client.ts';
import type { Attack } from './attack.ts';
import { type BodyFixture, openBodyFixture } from './body-fixture.ts';
import { type MutantBody, mutateBody } from './body-mutators.ts';

/** Bodies of every kind to every endpoint that takes one: nothing comes of them but what the endpoint is for. */
export const bodyAttack: Attack<BodyFixture> = {
  name: 'mutated bodies',
  open: openBodyFixture,
  makeAttempt(fixture, random) {
    const mutant = mutateBody(fixture.goods, random);
    const { mutator, good, type, encoding, bytes } = mutant;
    const text = bytes.toString('latin1').slice(0, 600);
    return {
      mutator,
      request: toRequest(mutant),
      judge(answer) {
        return { outcome: `${answer.status}`, fault: findFault(mutant, answer, fixture) };
      },
      show: () => `${good.path} with ${JSON.stringify({ type, encoding, text })}`,
    };
  },
};

function toRequest({ good, type, encoding, bytes }: MutantBody): HttpRequest {
  const headers: [name: string, value: string][] = [['Authorization', good.authorization]];
  if (type !== '') headers.push(['Content-Type', type]);
  if (encoding !== undefined) headers.push(['Content-Encoding', encoding]);
  return { method: 'POST', path: good.path, headers, body: bytes };
}

/** The statuses that these endpoints may answer to a body: never 5xx, and no 404 or 429 here. */
const ALLOWED: ReadonlySet<number> = new Set([200, 400, 401, 403, 413, 415, 422]);

/** Finds what is wrong with an answer. A 200 is right only for exactly what the endpoint is for. */
function findFault(mutant: MutantBody, { status, body }: HttpAnswer, fixture: BodyFixture) {
  const { good, mutator } = mutant;
  if (!ALLOWED.has(status)) return `it was answered ${status}`;
  if (mutator === 'untouched' && status !== good.answer)
    return `${status} in place of ${good.answer}`;
  if (status !== 200) return undefined;
  const fields = readFields(mutant);
  if (fields === undefined) return 'it was read, and is not what it says it is';
  return RULES[good.path]?.(fields, body, fixture);
}

type Fields = Readonly<Record<string, unknown>>;
type Rule = (fields: Fields, body: HttpAnswer['body'], fixture: BodyFixture) => string | undefined;

/** Faults of an answer of 200, by the path. */
const RULES: Readonly<Record<string, Rule>> = {
  '/api/auth/login': ({ email, password, ...more }, _, fixture) =>
    isSpelling(fixture.email, email) && password === PASSWORD && isEmpty(more)
      ? undefined
      : 'it logged in',
  '/api/auth/refresh': ({ refresh_token: token, ...more }, body, { tokens }) =>
    token === tokens.refresh &&
    isEmpty(more) &&
    readClaims(body.access_token).sid === tokens.sessionId
      ? undefined
      : 'it refreshed',
  '/api/auth/change-password': () => 'it changed a password',
  '/oauth/introspect': ({ token }, { active }, { tokens }) =>
    active === (token === tokens.access)
      ? undefined
      : `it was called ${active ? 'active' : 'not active'}`,
  '/oauth/revoke': ({ token }) => (typeof token === 'string' ? undefined : 'it has no token'),
};

/** Compares a text with the one normal form of an address: NFC, no space around it, no case. */
function isSpelling(address: string, text: unknown): boolean {
  return typeof text === 'string' && text.trim().normalize('NFC').toLowerCase() === address;
}

function isEmpty(fields: Fields): boolean {
  return Object.keys(fields).length === 0;
}

/** Reads a body strictly, in the oracle's own way; undefined where it says nothing. */
function readFields({ good, type, encoding = '', bytes }: MutantBody): Fields | undefined {
  const media = good.isForm ? 'application/x-www-form-urlencoded' : 'application/json';
  if (!new RegExp(`^${media}\\s*(;|$)`, 'i').test(type.trim())) return undefined;
  if (/charset/i.test(type) && !/charset\s*=\s*"?utf-?8"?\s*(;|$)/i.test(type)) return undefined;
  const unpack = UNPACK[encoding.toLowerCase()];
  if (unpack === undefined) return undefined;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(unpack(bytes));
    return good.isForm ? readForm(text) : readJson(text);
  } catch {
    return undefined;
  }
}

const LIMIT = { maxOutputLength: 16 * 1024 };
const unzip = (bytes: Buffer) => unzipSync(bytes, LIMIT);
const keep = (bytes: Buffer) => bytes;

/** Decoders by encoding. unzip tells gzip and deflate apart, so either may stand under either name. */
const UNPACK: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  '': keep,
  identity: keep,
  gzip: unzip,
  deflate: unzip,
  br: (bytes) => brotliDecompressSync(bytes, LIMIT),
};

/** A body with a member twice is refused in any case: that the last one counts does not matter. */
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
  const fields = Object.fromEntries(pairs);
  return Object.keys(fields).length === pairs.length ? fields : undefined;
}
