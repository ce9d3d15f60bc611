import { randomUUID } from 'node:crypto';
import test from 'ava';
import { adminServer, snapshotWithoutCounts, untilMarked } from '../helpers/admin.ts';
import { refusal, toOutcome } from '../helpers/refusals.ts';
import { logIn, send, sendAs } from '../helpers/server.ts';
import { addUser } from '../helpers/users.ts';

const ENDPOINTS = [
  'POST /users/ID/revoke-tokens',
  'POST /revoke-everyone',
  'GET /users/ID/sessions',
  'GET /audit-events',
  'GET /stats',
] as const;

function split(endpoint: string, id: string): [method: string, path: string] {
  const [method = '', path = ''] = endpoint.replace('ID', id).split(' ');
  return [method, `/api/admin${path}`];
}

for (const endpoint of ENDPOINTS) {
  test(`${endpoint} is for admins only, and requests of others change nothing`, async (t) => {
    const { url, db, collections } = await adminServer(t);
    const user = await addUser(collections, { roles: ['administrator', 'Admin', ''] });
    const token = await logIn(url, user.email);
    const [method, path] = split(endpoint, user.id);
    const before = await snapshotWithoutCounts(db);
    t.is(toOutcome(await sendAs(token, url + path, method)), refusal('forbidden'));
    t.is(toOutcome(await sendAs(token, `${url}${path}?junk=1`, method)), refusal('forbidden'));
    t.is(toOutcome(await send(url + path, { method })), refusal('missing_token'));
    t.is(toOutcome(await sendAs('a.b.c', url + path, method)), refusal('invalid_token'));
    t.deepEqual(await snapshotWithoutCounts(db), before);
  });
}

test('A role that is taken away counts at the very next request, and so does a disabled admin', async (t) => {
  const { url, collections, admin, token } = await adminServer(t);
  const ask = async () => toOutcome(await sendAs(token, `${url}/api/admin/stats`));
  t.is(await ask(), '200');
  await collections.users.updateOne({ _id: admin.id }, { $set: { roles: ['auditor'] } });
  t.is(await ask(), refusal('forbidden'));
  await collections.users.updateOne({ _id: admin.id }, { $set: { roles: ['admin', 'auditor'] } });
  t.is(await ask(), '200');
  await collections.users.updateOne({ _id: admin.id }, { $set: { disabled_at: new Date() } });
  t.is(await ask(), refusal('invalid_token'));
});

test('An admin whose token was revoked is an admin no more', async (t) => {
  const { url, token, db, collections } = await adminServer(t);
  await sendAs(token, `${url}/api/auth/logout`, 'POST');
  await untilMarked(collections);
  const before = await snapshotWithoutCounts(db);
  for (const endpoint of ENDPOINTS) {
    const [method, path] = split(endpoint, randomUUID());
    t.is(toOutcome(await sendAs(token, url + path, method)), refusal('token_revoked'), endpoint);
  }
  t.deepEqual(await snapshotWithoutCounts(db), before);
});

/** Values in the path in place of an id. */
const UNKNOWN_IDS: Readonly<Record<string, string>> = {
  'another UUID': randomUUID(),
  'a UUID in capitals': '00000000-0000-4000-8000-00000000000A',
  'a word': 'x',
  'a NUL': '%00',
  'an emoji': '%F0%9F%98%80',
  'what is not UTF-8': '%FF',
  'a broken percent': '%zz',
  'a slash': 'a%2Fb',
  'an operator': '%7B%22%24ne%22%3Anull%7D',
  'a name of the prototype': '__proto__',
  'an ObjectId': '65a1b2c3d4e5f60718293a4b',
  'a key of an entry': 'deployment',
  'very long': 'a'.repeat(8_000),
};

test('An unknown user is 404, whatever is in the path in place of an id', async (t) => {
  const { url, db, token } = await adminServer(t);
  const before = await snapshotWithoutCounts(db);
  for (const [what, id] of Object.entries(UNKNOWN_IDS)) {
    for (const request of [
      'POST /users/ID/revoke-tokens',
      'POST /users/ID/revoke-tokens?dry_run=true',
      'GET /users/ID/sessions',
    ]) {
      const [method, path] = split(request, id);
      const answer = await sendAs(token, url + path, method);
      t.is(toOutcome(answer), refusal('not_found'), `${request}: ${what}`);
    }
  }
  t.deepEqual(await snapshotWithoutCounts(db), before);
});

const DRY_RUNS: readonly (readonly [query: string, pointer: string])[] = [
  ['dry_run=', '/dry_run'],
  ['dry_run', '/dry_run'],
  ['dry_run=TRUE', '/dry_run'],
  ['dry_run=1', '/dry_run'],
  ['dry_run=yes', '/dry_run'],
  ['dry_run=true%20', '/dry_run'],
  ['dry_run=%ff', '/dry_run'],
  ['dry_run=true&dry_run=true', '/dry_run'],
  ['dry_run=true&dry_run=false', '/dry_run'],
  ['dryrun=true', '""'],
  ['dry-run=true', '""'],
  ['DRY_RUN=true', '""'],
  ['dry_run[]=true', '""'],
  ['dry_run=true&force=true', '""'],
  ['__proto__=true', '""'],
  ['=', '""'],
];

test('A query that is not exactly dry_run=true or dry_run=false is 422, and revokes nothing', async (t) => {
  const { url, db, token, admin } = await adminServer(t);
  const before = await snapshotWithoutCounts(db);
  for (const [query, pointer] of DRY_RUNS) {
    for (const path of [`/users/${admin.id}/revoke-tokens`, '/revoke-everyone']) {
      const answer = await sendAs(token, `${url}/api/admin${path}?${query}`, 'POST');
      t.is(toOutcome(answer), refusal('invalid_input', pointer), `${path}?${query}`);
    }
  }
  const junk = await sendAs(token, `${url}/api/admin/users/${admin.id}/sessions?limit=1`);
  t.is(toOutcome(junk), refusal('invalid_input', '""'));
  t.deepEqual(await snapshotWithoutCounts(db), before);
});

test('dry_run=true is seen behind a thousand empty parameters too', async (t) => {
  const { url, db, token } = await adminServer(t);
  const before = await snapshotWithoutCounts(db);
  const query = `${'&'.repeat(2_000)}dry_run=true`;
  const { status, body } = await sendAs(token, `${url}/api/admin/revoke-everyone?${query}`, 'POST');
  t.deepEqual([status, body.dry_run], [200, true]);
  t.deepEqual(await snapshotWithoutCounts(db), before);
});
