import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { generateClientSecret } from '../../../lib/tokens/client-secrets.ts';
import {
  encodeRequest,
  meRequest,
  type Request,
  type Source,
} from '../../../scripts/bench/generator/protocol.ts';
import type { Tokens } from '../../helpers/sessions.ts';
import { PASSWORD } from '../../helpers/users.ts';

/** Makes a request that no other one is like, each time. */
export type Make = () => Request;

/** One after the other of these, for as long as it is asked to go on. */
export function inTurn(makes: readonly Make[], goesOn: (sent: number) => boolean): Source {
  let sent = 0;
  return () => (goesOn(sent) ? makes[sent++ % makes.length]?.() : undefined);
}

/** Access tokens that are none, but look as if: each costs the server as much as it can. */
export function junkTokens({ access }: Tokens): readonly Make[] {
  const [header = '', payload = '', signature = ''] = access.split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
  const otherClaims = () => encoded({ ...claims, jti: randomUUID() });
  const unsigned = encoded({ alg: 'none', typ: 'at+jwt' });
  return [
    () => `${unsigned}.${otherClaims()}.AA`,
    () => `${header}.${otherClaims()}.${signature}`, // another token's signature
    () => signed(`${header}.${otherClaims()}`), // by another secret, under the kid of ours
    () => `${access}${'='.repeat(1 + ((randomBytes(1)[0] ?? 0) % 3))}`, // re-spelled
    () => `${header}.${payload}.${respelled(signature)}`,
    () => [32, 400, 32].map((length) => randomBytes(length).toString('base64url')).join('.'),
  ].map((make) => () => bearer(make()));
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function signed(text: string): string {
  const mac = createHmac('sha256', randomBytes(32)).update(text).digest('base64url');
  return `${text}.${mac}`;
}

/** The last character of 32 bytes in base64url has two bits that count for nothing. */
function respelled(signature: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const last = alphabet.indexOf(signature.slice(-1));
  return signature.slice(0, -1) + alphabet[last + 1 + ((randomBytes(1)[0] ?? 0) % 3)];
}

function bearer(token: string): Request {
  return encodeRequest(meRequest('Authorization', `Bearer ${token}`, 401));
}

/** Refresh tokens of our form, of our secret's name, with a mac that nobody made. */
export function junkRefreshTokens({ refresh }: Tokens): readonly Make[] {
  const [version, kid, sessionId] = refresh.split('.');
  const mac = () => randomBytes(32).toString('base64url');
  return [
    () => `${version}.${kid}.${randomUUID()}.0.${mac()}`,
    () => `${version}.${kid}.${sessionId}.1.${mac()}`,
    () => `${version}.${mac()}.${randomUUID()}.0.${mac()}`,
    () => randomBytes(100).toString('base64url'),
  ].map((make) => () => json('POST /api/auth/refresh', { refresh_token: make() }));
}

/** Credentials of clients that are not spelled like any. */
export function junkCredentials({ access }: Tokens): readonly Make[] {
  const word = () => randomBytes(20).toString('base64url');
  return [
    () => [word(), word()],
    () => [randomUUID(), word()],
    () => [word(), generateClientSecret()],
  ].map((make) => () => introspection(make(), access));
}

/** Credentials as they are spelled, of clients that do not exist. */
export function unknownClients({ access }: Tokens): readonly Make[] {
  return [() => introspection([randomUUID(), generateClientSecret()], access)];
}

function introspection([id, secret]: readonly string[], token: string): Request {
  return encodeRequest({
    line: 'POST /oauth/introspect',
    headers: {
      Authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
      'Content-Type': 'application/x-www-form-urlencoded',
    },
    body: `token=${token}`,
  });
}

/** Logins from everywhere: right ones, wrong ones, and of users that do not exist. */
export function logins(emails: readonly string[]): readonly Make[] {
  const anyone = () => emails[Math.floor(Math.random() * emails.length)];
  return [
    () => ({ email: anyone(), password: PASSWORD }),
    () => ({ email: anyone(), password: randomUUID() }),
    () => ({ email: `${randomUUID()}@example.com`, password: randomUUID() }),
  ].map((make) => () => json('POST /api/auth/login', make(), { 'X-Forwarded-For': anyAddress() }));
}

function anyAddress(): string {
  return `198.18.${[...randomBytes(2)].join('.')}`;
}

function json(line: string, body: object, headers: Record<string, string> = {}): Request {
  const type = { 'Content-Type': 'application/json' };
  return encodeRequest({ line, headers: { ...type, ...headers }, body: JSON.stringify(body) });
}
