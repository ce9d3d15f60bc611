import { randomUUID } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { AuthError, StoreUnavailable } from '../../../lib/errors.ts';
import { createClients } from '../../../lib/store/accounts/clients.ts';
import { MINUTE } from '../../../lib/time.ts';
import {
  type IntrospectDeps,
  introspect as introspectStory,
} from '../../../lib/use-cases/introspect.ts';
import { login } from '../../../lib/use-cases/login.ts';
import { CALLER, testAuth } from '../../helpers/auth.ts';
import { bind } from '../../helpers/bind.ts';
import { addClient } from '../../helpers/clients.ts';
import { revocationsOn } from '../../helpers/revocations-on.ts';
import { openTwoServers } from '../../helpers/two-servers.ts';
import { addUser, PASSWORD } from '../../helpers/users.ts';

/** The parts of an introspection on a real database, a client, and a token that is active. */
async function openFixture(t: ExecutionContext) {
  const { collections, here, there } = await openTwoServers(t);
  const { email } = await addUser(collections);
  const { accessToken: token } = await login(here, { email, password: PASSWORD }, CALLER);
  const used: [sessionId: string, counter: number | undefined][] = [];
  const parts: IntrospectDeps = {
    ...there,
    clients: createClients(collections),
    lastUse: { touch: (sessionId, counter) => used.push([sessionId, counter]) },
  };
  return { parts, collections, token, used, credentials: await addClient(collections) };
}

/** Lets nobody through until so many have come. */
function gate(count: number) {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  let come = 0;
  return async function through<T>(take: () => Promise<T>): Promise<T> {
    if (++come === count) open();
    await opened;
    return take();
  };
}

test('The client, the revocations and the user are read at the same time', async (t) => {
  t.timeout(MINUTE, 'one of them waits for another');
  const { parts, token, credentials } = await openFixture(t);
  const { clients, revocations, users } = parts;
  const through = gate(3);
  const introspect = bind(introspectStory, {
    ...parts,
    clients: { ...clients, find: (id) => through(() => clients.find(id)) },
    revocations: { ...revocations, check: (it) => through(() => revocations.check(it)) },
    users: { ...users, find: (id) => through(() => users.find(id)) },
  });
  const active = await introspect({ credentials, token }, CALLER);
  t.is(active?.claims.sub, active?.user.id);
});

test('An introspection is a use of the session, if it finds the token active and the client is let in', async (t) => {
  const { parts, token, used, credentials } = await openFixture(t);
  const introspect = bind(introspectStory, parts);
  const wrong = { ...credentials, clientSecret: 'x'.repeat(43) };
  const refused = { instanceOf: AuthError, code: 'invalid_client' } as const;
  await t.throwsAsync(introspect({ credentials: wrong, token }, CALLER), refused);
  t.is(await introspect({ credentials, token: 'junk' }, CALLER), undefined);
  t.deepEqual(used, []);
  const claims = parts.accessTokens.read(token);
  const rotated = await parts.accessTokens.issue({
    userId: claims.sub,
    sessionId: claims.sid,
    issuedAt: Date.now(),
    stamp: claims.stamp,
    authTime: new Date(),
    endsAt: new Date(Date.now() + MINUTE),
    counter: 3,
  });
  t.truthy(await introspect({ credentials, token: rotated.token }, CALLER));
  t.deepEqual(used, [[claims.sid, 3]], 'with the rotations that the token has');
});

test('A fault of the client is reported before a fault of the token or the database', async (t) => {
  const { parts, token, credentials } = await openFixture(t);
  const away = async () => Promise.reject(new StoreUnavailable('away'));
  const introspect = bind(introspectStory, {
    ...parts,
    revocations: { ...parts.revocations, check: away },
  });
  for (const wrong of [
    { ...credentials, clientSecret: 'x'.repeat(43) },
    { ...credentials, clientId: randomUUID() },
    { ...credentials, clientSecret: 'junk' },
  ]) {
    for (const sent of [token, 'junk']) {
      await t.throwsAsync(introspect({ credentials: wrong, token: sent }, CALLER), {
        code: 'invalid_client',
      } as never);
    }
  }
  await t.throwsAsync(introspect({ credentials, token }, CALLER), { instanceOf: StoreUnavailable });
});

test('Credentials that are not spelled like some never reach the database', async (t) => {
  const { parts, token, credentials } = await openFixture(t);
  const never = () => t.fail('The database was read') as never;
  const introspect = bind(introspectStory, {
    ...parts,
    clients: { ...parts.clients, find: never },
    users: { ...parts.users, find: never },
    revocations: { ...parts.revocations, check: never },
  });
  for (const junk of [
    { clientId: '', clientSecret: '' },
    { ...credentials, clientId: 'billing' },
    { ...credentials, clientId: `${credentials.clientId}\n` },
    { ...credentials, clientSecret: 'secret' },
  ]) {
    await t.throwsAsync(introspect({ credentials: junk, token }, CALLER), {
      instanceOf: AuthError,
    });
  }
});

test("With a clock that is far off the database's no token is called inactive: store_unavailable", async (t) => {
  const { auth, db, collections, secret } = await testAuth(t);
  const { email } = await addUser(collections);
  const { accessToken: token } = await auth.login({ email, password: PASSWORD }, CALLER);
  const credentials = await addClient(collections);
  t.truthy(await auth.introspect({ credentials, token }, CALLER));
  for (const off of [-6 * MINUTE, 6 * MINUTE, 60 * MINUTE]) {
    const clock = () => Date.now() + off;
    const { introspect } = (await testAuth(t, { db, secrets: [secret], clock })).auth;
    await t.throwsAsync(introspect({ credentials, token }, CALLER), {
      instanceOf: StoreUnavailable,
    });
  }
});

test('A client is out from the moment its revocation is acknowledged, on every server', async (t) => {
  const { parts, collections, token, credentials } = await openFixture(t);
  const here = bind(introspectStory, parts);
  const there = bind(introspectStory, { ...parts, clients: createClients(collections) });
  const ask = (introspect: typeof here) => introspect({ credentials, token }, CALLER);
  for (const server of [here, there]) t.truthy(await ask(server));
  const cause = { reason: 'client_deleted', revokedBy: 'test' };
  await revocationsOn(collections).revokeClient({ clientId: credentials.clientId, ...cause });
  for (const server of [here, there]) {
    await t.throwsAsync(ask(server), { instanceOf: AuthError, code: 'invalid_client' });
  }
});
