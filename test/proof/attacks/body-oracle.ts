/** The right answers to bodies, by rules that know nothing of the server's code. */
import { brotliDecompressSync, unzipSync } from 'node:zlib';
import { readClaims } from '../../helpers/forged-tokens.ts';
import type { Tokens } from '../../helpers/sessions.ts';
import { PASSWORD } from '../../helpers/users.ts';
import type { HttpAnswer } from '../http-client.ts';
import type { MutantBody } from './body-mutators.ts';

export interface Issued {
  /** Address of the user who logs in, with PASSWORD. */
  readonly email: string;
  /** Tokens of another user, who does not log in meanwhile. */
  readonly tokens: Tokens;
}

/** The statuses that these endpoints may answer to a body: never 5xx, and no 404 or 429 here. */
const ALLOWED: ReadonlySet<number> = new Set([200, 400, 401, 403, 413, 415, 422]);

/** Finds what is wrong with an answer. A 200 is right only for exactly what the endpoint is for. */
export function findFault(mutant: MutantBody, { status, body }: HttpAnswer, issued: Issued) {
  const { good, mutator } = mutant;
  if (!ALLOWED.has(status)) return `it was answered ${status}`;
  if (mutator === 'untouched' && status !== good.answer)
    return `${status} in place of ${good.answer}`;
  if (status !== 200) return undefined;
  const fields = readFields(mutant);
  if (fields === undefined) return 'it was read, although it does not match its headers';
  return RULES[good.path]?.(fields, body, issued) || undefined;
}

type Fields = Readonly<Record<string, unknown>>;
type Rule = (fields: Fields, body: HttpAnswer['body'], issued: Issued) => string | false;

/** Faults of an answer of 200, by the path. */
const RULES: Readonly<Record<string, Rule>> = {
  '/api/auth/login'({ email, password, ...more }, _, issued) {
    const isRight = isSpelling(issued.email, email) && password === PASSWORD && isEmpty(more);
    return !isRight && 'it logged in';
  },
  '/api/auth/refresh'({ refresh_token: token, ...more }, body, { tokens }) {
    const isSame = readClaims(body.access_token).sid === tokens.sessionId;
    return !(token === tokens.refresh && isEmpty(more) && isSame) && 'it refreshed';
  },
  '/api/auth/change-password': () => 'it changed a password',
  '/oauth/introspect': ({ token }, { active }, { tokens }) =>
    active !== (token === tokens.access) && `it was called ${active ? 'active' : 'not active'}`,
  '/oauth/revoke': ({ token }) => typeof token !== 'string' && 'it has no token',
};

/** Compares a text with the one normal form of an address: NFC, no space around it, no case. */
function isSpelling(address: string, text: unknown): boolean {
  return typeof text === 'string' && text.trim().normalize('NFC').toLowerCase() === address;
}

function isEmpty(fields: Fields): boolean {
  return Object.keys(fields).length === 0;
}

/** Reads a body strictly. Returns undefined for a malformed body. */
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

/** Decoders by encoding. unzip detects gzip and deflate, so either may have the name of the other. */
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
  const pairs = text.split('&').filter((pair) => pair !== '');
  const fields = pairs.map((pair) => {
    const [name = '', ...value] = pair.split('=');
    return [name, value.join('=')].map((part) => decodeURIComponent(part.replaceAll('+', ' ')));
  });
  const names = new Set(fields.map(([name]) => name));
  return names.size === pairs.length ? Object.fromEntries(fields) : undefined;
}
