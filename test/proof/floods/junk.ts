import { createHmac, randomBytes, randomInt, randomUUID } from 'node:crypto';
import { generateClientSecret } from '../../../lib/tokens/client-secrets.ts';
import { basic } from '../../helpers/clients.ts';
import { encode, readClaims } from '../../helpers/forged-tokens.ts';
import type { Tokens } from '../../helpers/sessions.ts';
import { PASSWORD } from '../../helpers/users.ts';
import { ALPHABET } from '../attacks/texts.ts';
import { bearer, type HttpRequest, introspect, postJson } from '../http-client.ts';

/** Makes a request that is unlike all before. */
export type Make = () => HttpRequest;

const randomText = (bytes = 32) => randomBytes(bytes).toString('base64url');

/** Texts that look like access tokens: each costs the server as much as it can. */
export function makeTokens({ access }: Tokens): readonly Make[] {
  const [header = '', payload = '', signature = ''] = access.split('.');
  const makeClaims = () => encode(JSON.stringify({ ...readClaims(access), jti: randomUUID() }));
  const unsigned = encode(JSON.stringify({ alg: 'none', typ: 'at+jwt' }));
  const sign = (text: string) =>
    `${text}.${createHmac('sha256', randomBytes(32)).update(text).digest('base64url')}`;
  const last = ALPHABET.indexOf(signature.slice(-1)); // two bits of 32 bytes' last character count for nothing
  return [
    () => `${unsigned}.${makeClaims()}.AA`,
    () => `${header}.${makeClaims()}.${signature}`, // another token's signature
    () => sign(`${header}.${makeClaims()}`), // by another secret, under the kid of ours
    () => access + '='.repeat(randomInt(1, 4)), // re-spelled
    () => `${header}.${payload}.${signature.slice(0, -1)}${ALPHABET[last + randomInt(1, 4)]}`,
    () => [32, 400, 32].map(randomText).join('.'),
  ].map((make) => () => ({ method: 'GET', path: '/api/auth/me', headers: [bearer(make())] }));
}

/** Refresh tokens in the right form, some with the name of the server's secret, with a mac that nobody made. */
export function makeRefreshTokens({ refresh }: Tokens): readonly Make[] {
  const [version, kid, sessionId] = refresh.split('.');
  return [
    () => `${version}.${kid}.${randomUUID()}.0.${randomText()}`,
    () => `${version}.${kid}.${sessionId}.1.${randomText()}`,
    () => `${version}.${randomText()}.${randomUUID()}.0.${randomText()}`,
    () => randomText(100),
  ].map((make) => () => postJson('/api/auth/refresh', { refresh_token: make() }));
}

/** Credentials that no client's are spelled like. */
export function makeCredentials({ access }: Tokens): readonly Make[] {
  return [
    () => ({ clientId: randomText(20), clientSecret: randomText(20) }),
    () => ({ clientId: randomUUID(), clientSecret: randomText(20) }),
    () => ({ clientId: randomText(20), clientSecret: generateClientSecret() }),
  ].map((make) => () => introspect(basic(make()).authorization, access));
}

/** Credentials in the right form, of clients that do not exist. */
export function makeUnknownClients({ access }: Tokens): readonly Make[] {
  const make = () => basic({ clientId: randomUUID(), clientSecret: generateClientSecret() });
  return [() => introspect(make().authorization, access)];
}

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
