/** The check `lease` of `/readyz`, and what the server logs of it. */
import test from 'ava';
import { assemble, createAuth } from '../../lib/auth.ts';
import type { FollowerStatus } from '../../lib/store/followers/follower.ts';
import { connect } from '../../lib/store/mongo/database.ts';
import { generateSecret } from '../../lib/tokens/keys/secret/rules.ts';
import { waitFor } from '../../scripts/dev/wait-for.ts';
import { PATIENT, testParts } from '../helpers/auth.ts';
import { migratedDatabase, migrateNow, schema3Database } from '../helpers/database.ts';
import type { Scope } from '../helpers/scope.ts';
import { send, serve, serveAuth, testServer } from '../helpers/server.ts';

const NOT_FOLLOWING = 'This server does not follow: every check reads the database.';

/** Reads the check `lease`, which never makes a server unready. */
async function readLease(url: string) {
  const { status, body } = await send(`${url}/readyz`);
  if (status !== 200) throw new Error(JSON.stringify(body));
  return body.checks.lease;
}

/** Serves parts whose follower has this status. */
async function serveStatus(t: Scope, status?: FollowerStatus): Promise<string> {
  const { db } = await migratedDatabase(t);
  const parts = await testParts(t, { db, secrets: [generateSecret()], follow: 'auto' });
  const followers = { ...parts.followers, ...(status && { status: () => status }) };
  return serveAuth(t, assemble({ ...parts, followers }));
}

test('FOLLOW=off: /readyz says so', async (t) => {
  const { url, log } = await testServer(t);
  const detail = `${NOT_FOLLOWING} Following is switched off`;
  t.deepEqual(await readLease(url), { ok: true, detail });
  t.false(log.some(({ msg }) => /follow|lease/.test(String(msg))));
});

test('a library follows unless it is told not to', async (t) => {
  const { db } = await migratedDatabase(t);
  const { follow: _, ...options } = PATIENT;
  const auth = await createAuth({ db, secrets: [generateSecret()], ...options });
  t.teardown(() => auth.close());
  t.true(await auth.follow(60_000));
});

test('a library that has checked no token yet has not started to follow, and says so', async (t) => {
  const detail = `${NOT_FOLLOWING} It starts to follow with the first token that it checks`;
  t.deepEqual(await readLease(await serveStatus(t)), { ok: true, detail });
});

test('a library that has started to follow and cannot reach the database says so', async (t) => {
  const { db, close } = connect('mongodb://127.0.0.1:1/rescind', { deadline: 2_000 });
  t.teardown(close);
  const options = { ...PATIENT, follow: 'auto', deadline: 2_000 } as const;
  const auth = await createAuth({ db, secrets: [generateSecret()], ...options });
  t.teardown(() => auth.close());
  t.false(await auth.follow(1));
  const { lease } = (await auth.checkHealth()).checks;
  const detail = `${NOT_FOLLOWING} It has started to follow, but has not registered yet`;
  t.deepEqual(lease, { ok: true, detail });
});

test('while the lease holds /readyz has the time that is left, and the start is logged once', async (t) => {
  const { url, log } = await testServer(t, { FOLLOW: 'auto', FOLLOWER_LEASE: '30s' });
  const holding = async () => /^The lease holds for \d+ ms$/.test((await readLease(url)).detail);
  await waitFor('A lease', holding);
  const lines = log.filter(({ msg }) => /lease/.test(String(msg)));
  t.like(lines, { length: 1, 0: { level: 'info' } });
});

test('a lease that lapsed is told, and the server is ready', async (t) => {
  const detail = 'The lease does not hold: every check reads the database until it is renewed';
  const url = await serveStatus(t, { leaseLeft: -10, hindrance: undefined });
  t.deepEqual(await readLease(url), { ok: true, detail });
});

test('on schema 3 the server is ready, and /readyz and one line of the log say what to run', async (t) => {
  const { uri, db } = await schema3Database(t);
  const { url, log } = await serve(t, { MONGODB_URI: uri, FOLLOW: 'auto', FOLLOWER_LEASE: '1s' });
  const reason =
    'The schema is at version 3, and servers follow from version 4 on. Migrate the database';
  const detail = `${NOT_FOLLOWING} ${reason}. Run: npm run migrate`;
  t.deepEqual(await readLease(url), { ok: true, detail });
  const lines = log.filter(({ msg }) => /follow/.test(String(msg)));
  const msg = `This server does not follow, so every check reads the database. ${reason}`;
  t.like(lines, { length: 1, 0: { level: 'warn', msg, remedy: 'Run: npm run migrate' } });
  await migrateNow(db);
  const holding = async () => /^The lease holds/.test((await readLease(url)).detail);
  await waitFor('A lease', holding);
  await waitFor('The end of the trouble in the log', async () =>
    log.some((line) => /^The lease holds again/.test(String(line['msg']))),
  );
});

test('a lapse is logged with its cause, and its end with the seconds', async (t) => {
  const { log, collections, url } = await testServer(t, { FOLLOW: 'auto', FOLLOWER_LEASE: '30s' });
  await waitFor('A lease', async () => /^The lease holds/.test((await readLease(url)).detail));
  await collections.followers.deleteMany({});
  const findLine = (pattern: RegExp) => log.find(({ msg }) => pattern.test(String(msg)));
  await waitFor('The end of the lapse', async () => findLine(/^The lease holds again/));
  t.like(findLine(/^The lease lapsed/), {
    level: 'warn',
    err: { type: 'Error', message: 'The document of this server in followers was deleted' },
  });
  const { level, seconds } = findLine(/^The lease holds again/) ?? {};
  t.deepEqual([level, typeof seconds], ['warn', 'number']);
});
