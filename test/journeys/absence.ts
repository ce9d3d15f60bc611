/** A deployment with everything in it that a lost `revoked_tokens` could bring back. */
import { randomUUID } from 'node:crypto';
import type { ExecutionContext } from 'ava';
import type { User } from '../../lib/store/accounts/users.ts';
import type { ClientCredentials } from '../../lib/use-cases/shared/authenticate-client.ts';
import { routes } from '../../server/routes.ts';
import { addClient, basic, postForm } from '../helpers/clients.ts';
import { ageDeployment } from '../helpers/database.ts';
import { refusal, toOutcome } from '../helpers/refusals.ts';
import {
  type Answer,
  logIn,
  post,
  send,
  sendAs,
  type TestServer,
  testServer,
} from '../helpers/server.ts';
import { openSession, refresh, type Tokens } from '../helpers/sessions.ts';
import { addUser, PASSWORD } from '../helpers/users.ts';

export interface Fixture extends TestServer {
  readonly user: User;
  readonly client: ClientCredentials;
  /** Tokens of an admin that are never revoked. */
  readonly living: Tokens;
  /** Tokens that were logged out, revoked with all of their user, and ended by a client. */
  readonly revoked: readonly Tokens[];
}

export async function openFixture(t: ExecutionContext): Promise<Fixture> {
  const server = await testServer(t);
  const { url, collections } = server;
  await ageDeployment(collections);
  const client = await addClient(collections);
  const user = await addUser(collections, { roles: ['admin'] });
  const other = await addUser(collections);
  const revoked = [
    await openSession(url, user.email),
    await openSession(url, other.email),
    await openSession(url, user.email),
  ] as const;
  const answers = [
    await sendAs(revoked[0].access, `${url}/api/auth/logout`, 'POST'),
    await sendAs(revoked[1].access, `${url}/api/auth/revoke-all-tokens`, 'POST'),
    await postForm(`${url}/oauth/revoke`, { token: revoked[2].refresh }, basic(client)),
  ];
  t.deepEqual(
    answers.map(({ status }) => status),
    [200, 200, 200],
  );
  return { ...server, user, client, living: await openSession(url, user.email), revoked };
}

/** Lists a request to every endpoint that decides something, with these tokens. */
function listRequests({ url, user, client }: Fixture, tokens: Tokens) {
  const authorization = `Bearer ${tokens.access}`;
  const ofRoutes = routes
    .filter(({ access }) => access !== 'anyone')
    .map(({ method, path, access, body }) => {
      const target = url + path.replace(':id', randomUUID());
      const ask = (): Promise<Answer> => {
        if (access === 'client') return postForm(target, { token: tokens.access }, basic(client));
        if (body !== undefined) return post(target, {}, { authorization });
        return sendAs(tokens.access, target, method.toUpperCase());
      };
      return [`${method} ${path}`, ask] as const;
    });
  return {
    login: () => post(`${url}/api/auth/login`, { email: user.email, password: PASSWORD }),
    refresh: () => refresh(url, tokens.refresh),
    'revocation of a refresh token': () =>
      postForm(`${url}/oauth/revoke`, { token: tokens.refresh }, basic(client)),
    ...Object.fromEntries(ofRoutes),
  };
}

/** Asserts that every endpoint answers 503 to every token, and that the log and `/readyz` tell the remedy. */
export async function assertNothingDecided(t: ExecutionContext, it: Fixture, remedy: RegExp) {
  for (const tokens of [it.living, ...it.revoked.slice(0, 1)]) {
    for (const [name, ask] of Object.entries(listRequests(it, tokens))) {
      const { status, headers, body } = await ask();
      t.is(status, 503, `${name}: ${JSON.stringify(body)}`);
      t.regex(body.code ?? body.error, /^(store_unavailable|temporarily_unavailable)$/, name);
      t.regex(headers.get('retry-after') ?? '', /^[1-9]\d*$/, name);
    }
  }
  for (const tokens of it.revoked) t.is((await me(it.url, tokens)).slice(0, 3), '503');
  t.true(
    it.log.some((line) => remedy.test(JSON.stringify(line))),
    'The log does not tell the remedy',
  );
  const { status, body } = await send(`${it.url}/readyz`);
  t.deepEqual([status, body.checks.sentinel.ok], [503, false]);
  t.regex(body.checks.sentinel.detail, remedy);
}

/** Asserts that all tokens of before are refused for good, and that tokens of a new login work at once. */
export async function assertStartedAnew(t: ExecutionContext, { url, ...it }: Fixture) {
  t.is((await send(`${url}/readyz`)).status, 200);
  const fresh = await openSession(url, it.user.email);
  t.is(await me(url, it.living), refusal('user_tokens_revoked'));
  for (const tokens of [it.living, ...it.revoked]) {
    t.regex(await me(url, tokens), /^401 (user_tokens|token)_revoked/); // by its own entry, where that is left
    t.regex(toOutcome(await refresh(url, tokens.refresh)), /^401 refresh_token_(revoked|expired)/);
  }
  t.is(await me(url, fresh), '200');
  t.is((await refresh(url, fresh.refresh)).status, 200);
  const next = await logIn(url, it.user.email);
  t.is((await sendAs(next, `${url}/api/auth/logout`, 'POST')).status, 200);
  t.is(toOutcome(await sendAs(next, `${url}/api/auth/me`)), refusal('token_revoked'));
}

export async function me(url: string, { access }: Pick<Tokens, 'access'>): Promise<string> {
  return toOutcome(await sendAs(access, `${url}/api/auth/me`));
}
