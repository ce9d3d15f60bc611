import { randomUUID } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import type { AuditDocument, Collections } from '../../lib/store/mongo/collections.ts';
import { MINUTE } from '../../lib/time.ts';
import { adminServer } from '../helpers/admin.ts';
import { logIn, post, sendAs } from '../helpers/server.ts';
import { addUser } from '../helpers/users.ts';

const NOON = Date.parse('2026-11-24T12:00:00.000Z');

/** Makes an event so many minutes after noon. */
function document(minute: number, fields: Partial<AuditDocument> = {}): AuditDocument {
  return {
    at: new Date(NOON + minute * MINUTE),
    action: 'user_login',
    user_id: null,
    company_id: null,
    actor_id: null,
    ip: '192.0.2.1',
    user_agent: null,
    request_id: null,
    details: { minute },
    ...fields,
  };
}

/** Opens an audit trail that holds these events and no others, before an admin. */
async function trail(t: ExecutionContext, documents: readonly AuditDocument[]) {
  const server = await adminServer(t);
  await server.collections.auditEvents.deleteMany({});
  if (documents.length > 0) await server.collections.auditEvents.insertMany([...documents]);
  const ask = (query: Record<string, string>) => {
    const path = `/api/admin/audit-events?${new URLSearchParams(query)}`;
    return sendAs(server.token, server.url + path);
  };
  return { ...server, ask };
}

interface Event {
  readonly id: string;
  readonly at: string;
  readonly action: string;
}

type Ask = Awaited<ReturnType<typeof trail>>['ask'];

/** Reads page after page, and does something between them. */
async function readAll(ask: Ask, query: Record<string, string>, between = async () => {}) {
  const events: Event[] = [];
  let cursor: string | null = null;
  do {
    const { body } = await ask({ ...query, ...(cursor !== null && { cursor }) });
    events.push(...body.events);
    cursor = body.next_cursor;
    await between();
  } while (cursor !== null);
  return events;
}

async function readAllIds({ auditEvents }: Collections): Promise<string[]> {
  const documents = await auditEvents.find().sort({ at: -1, _id: -1 }).toArray();
  return documents.map(({ _id }) => _id.toHexString());
}

const toIds = (events: readonly Event[]) => events.map(({ id }) => id);

test('The audit trail lists who did what, to whom, when and whence, the newest first', async (t) => {
  const { url, collections, admin, token, ask } = await trail(t, []);
  const user = await addUser(collections, { companyId: 'acme' });
  await logIn(url, user.email);
  await sendAs(token, `${url}/api/admin/users/${user.id}/revoke-tokens`, 'POST');
  const { status, body } = await ask({});
  t.is(status, 200);
  t.is(body.next_cursor, null);
  const [revoked, login] = body.events;
  t.is(body.events.length, 2);
  t.like(revoked, {
    action: 'tokens_revoked_by_admin',
    user_id: user.id,
    company_id: 'acme',
    actor_id: admin.id,
    ip: '127.0.0.1',
    user_agent: 'node',
    details: { reason: 'admin_requested', sessions_ended: 1 },
  });
  t.like(login, { action: 'user_login', actor_id: user.id, details: { email: user.email } });
  t.regex(revoked.id, /^[0-9a-f]{24}$/);
  t.regex(revoked.request_id, /^[\w-]{8,64}$/);
  t.true(Math.abs(Date.parse(revoked.at) - Date.now()) < 5 * MINUTE);
});

test('An empty trail is an empty page', async (t) => {
  const { ask } = await trail(t, []);
  t.deepEqual((await ask({})).body, { events: [], next_cursor: null });
});

test('A page has 50 events unless the query has another limit, up to 200', async (t) => {
  const { ask } = await trail(
    t,
    Array.from({ length: 205 }, (_, minute) => document(-minute)),
  );
  for (const [query, count] of [
    [{}, 50],
    [{ limit: '1' }, 1],
    [{ limit: '200' }, 200],
  ] as const) {
    const { body } = await ask(query);
    t.is(body.events.length, count);
    t.is(typeof body.next_cursor, 'string');
    t.is(body.events[0].at, '2026-11-24T12:00:00.000Z');
  }
  t.is((await readAll(ask, { limit: '200' })).length, 205);
});

test('A page that ends with the last event has no next one', async (t) => {
  const { ask } = await trail(t, [document(1), document(2)]);
  t.is((await ask({ limit: '2' })).body.next_cursor, null);
  t.is(typeof (await ask({ limit: '1' })).body.next_cursor, 'string');
});

for (const limit of ['1', '3', '7']) {
  test(`Pages of ${limit} hold each event once, in order, although many are of one millisecond`, async (t) => {
    const minutes = [0, 0, 0, 0, 0, 1, 2, 2, 2, 2, 2, 2, 2, 3, 4, 4];
    const { collections, ask } = await trail(
      t,
      minutes.map((minute) => document(minute)),
    );
    t.deepEqual(toIds(await readAll(ask, { limit })), await readAllIds(collections));
  });
}

test('Events that are written while pages are read put none twice and none out, at equal times too', async (t) => {
  const minutes = [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2];
  const { collections, ask } = await trail(
    t,
    minutes.map((minute) => document(minute)),
  );
  const before = await readAllIds(collections);
  const read = await readAll(ask, { limit: '2' }, async () => {
    await collections.auditEvents.insertMany([2, 1, 0, 3].map((minute) => document(minute)));
  });
  const ids = toIds(read);
  t.is(new Set(ids).size, ids.length, 'an event came twice');
  t.deepEqual(
    before.filter((id) => !ids.includes(id)),
    [],
    'an event that was there from the start is missing',
  );
  const order = await readAllIds(collections);
  t.deepEqual(
    ids,
    order.filter((id) => ids.includes(id)),
  );
});

test('Filters are all of them to hold; from is the first moment, to the first no more', async (t) => {
  const [ann, bob] = [randomUUID(), randomUUID()];
  const { ask } = await trail(t, [
    document(0, { user_id: ann, actor_id: ann, action: 'user_login' }),
    document(1, { user_id: ann, actor_id: bob, action: 'tokens_revoked_by_admin' }),
    document(2, { user_id: bob, actor_id: bob, action: 'user_login' }),
    document(3, { user_id: null, actor_id: 'rescind revoke', action: 'everyone_revoked' }),
  ]);
  const askMinutes = async (query: Record<string, string>) => {
    const { status, body } = await ask(query);
    t.is(status, 200, JSON.stringify(body));
    return body.events.map(({ details }: { details: { minute: number } }) => details.minute);
  };
  t.deepEqual(await askMinutes({}), [3, 2, 1, 0]);
  t.deepEqual(await askMinutes({ user_id: ann }), [1, 0]);
  t.deepEqual(await askMinutes({ actor_id: bob }), [2, 1]);
  t.deepEqual(await askMinutes({ actor_id: 'rescind revoke' }), [3]);
  t.deepEqual(await askMinutes({ action: 'user_login' }), [2, 0]);
  t.deepEqual(await askMinutes({ user_id: ann, actor_id: bob, action: 'user_login' }), []);
  t.deepEqual(await askMinutes({ user_id: randomUUID() }), []);
  t.deepEqual(await askMinutes({ user_id: '{"$ne":null}' }), []);
  t.deepEqual(
    await askMinutes({ from: '2026-11-24T12:01:00Z', to: '2026-11-24T12:03:00Z' }),
    [2, 1],
  );
  t.deepEqual(await askMinutes({ from: '2026-11-24T13:01:00+01:00' }), [3, 2, 1]);
  t.deepEqual(await askMinutes({ from: '2026-11-24T12:01:00.001Z' }), [3, 2]);
  t.deepEqual(await askMinutes({ from: '2026-11-24T12:01:00Z', to: '2026-11-24T12:01:00Z' }), []);
  t.deepEqual(await askMinutes({ actor_id: bob, to: '2026-11-24T12:02:00Z' }), [1]);
});

test('Pages of a filter go on where they ended', async (t) => {
  const user_id = randomUUID();
  const documents = Array.from({ length: 30 }, (_, index) =>
    document(Math.floor(index / 4), index % 2 === 0 ? { user_id } : {}),
  );
  const { ask } = await trail(t, documents);
  const all = (await ask({ user_id, limit: '200' })).body.events;
  t.is(all.length, 15);
  t.deepEqual(await readAll(ask, { user_id, limit: '4' }), all);
});

test('The trail takes no other method', async (t) => {
  const { url, token } = await trail(t, []);
  const path = `${url}/api/admin/audit-events`;
  t.is((await post(path, {}, { authorization: `Bearer ${token}` })).status, 405);
  t.is((await sendAs(token, path, 'DELETE')).status, 405);
});
