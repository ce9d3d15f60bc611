import { createHmac, randomBytes, randomInt, randomUUID } from 'node:crypto';
import { generateClientSecret } from '../../../lib/tokens/client-secrets.ts';
import { basic } from '../../helpers/clients.ts';
import { encode, readClaims } from '../../helpers/forged-tokens.ts';
import type { Tokens } from '../../helpers/sessions.ts';
import { PASSWORD } from '../../helpers/users.ts';
import { ALPHABET } from '../attacks/texts.ts';
import { bearer, introspect, postJson } from '../http-client.ts';
import type { Make } from './load.ts';

const randomText = (bytes = 32) => randomBytes(bytes).toString('base64url');

/** Requests that the server refuses, by name: access tokens, refresh tokens and credentials of clients. */
export function listJunk({ access, refresh }: Tokens): Readonly<Record<string, readonly Make[]>> {
  const [header = '', payload = '', signature = ''] = access.split('.');
  const makeClaims = () => encode(JSON.stringify({ ...readClaims(access), jti: randomUUID() }));
  const unsigned = encode(JSON.stringify({ alg: 'none', typ: 'at+jwt' }));
  const sign = (text: string) =>
    `${text}.${createHmac('sha256', randomBytes(32)).update(text).digest('base64url')}`;
  const last = ALPHABET.indexOf(signature.slice(-1)); // two bits of 32 bytes' last character count for nothing
  const [version, kid, sessionId] = refresh.split('.');
  const ask = (clientId: string, clientSecret: string) =>
    introspect(basic({ clientId, clientSecret }).authorization, access);
  return {
    // Each costs the server as much as it can.
    'junk access tokens': [
      () => `${unsigned}.${makeClaims()}.AA`,
      () => `${header}.${makeClaims()}.${signature}`, // another token's signature
      () => sign(`${header}.${makeClaims()}`), // by another secret, under the kid of ours
      () => access + '='.repeat(randomInt(1, 4)), // re-spelled
      () => `${header}.${payload}.${signature.slice(0, -1)}${ALPHABET[last + randomInt(1, 4)]}`,
      () => [32, 400, 32].map(randomText).join('.'),
    ].map((make) => () => ({ method: 'GET', path: '/api/auth/me', headers: [bearer(make())] })),
    // In the right form, some with the name of the server's secret, with a mac that nobody made.
    'junk refresh tokens': [
      () => `${version}.${kid}.${randomUUID()}.0.${randomText()}`,
      () => `${version}.${kid}.${sessionId}.1.${randomText()}`,
      () => `${version}.${randomText()}.${randomUUID()}.0.${randomText()}`,
      () => randomText(100),
    ].map((make) => () => postJson('/api/auth/refresh', { refresh_token: make() })),
    // No client's are spelled like that.
    'junk client credentials': [
      () => ask(randomText(20), randomText(20)),
      () => ask(randomUUID(), randomText(20)),
      () => ask(randomText(20), generateClientSecret()),
    ],
    [UNKNOWN_CLIENTS]: [() => ask(randomUUID(), generateClientSecret())],
  };
}

/** The only junk in the right form, for which the server must read from its database. */
export const UNKNOWN_CLIENTS = 'credentials of unknown clients';

/** Logins from any address: right ones, wrong ones, and of users that do not exist. */
export function makeLogins(emails: readonly string[]): readonly Make[] {
  const anyone = () => emails[randomInt(emails.length)];
  return [
    () => ({ email: anyone(), password: PASSWORD }),
    () => ({ email: anyone(), password: randomUUID() }),
    () => ({ email: `${randomUUID()}@example.com`, password: randomUUID() }),
  ].map((make) => () => {
    const address = `198.18.${[...randomBytes(2)].join('.')}`;
    return postJson('/api/auth/login', make(), ['X-Forwarded-For', address]);
  });
}
