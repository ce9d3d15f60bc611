import { isDeepStrictEqual } from 'node:util';
import test from 'ava';
import type { Document } from 'mongodb';
import { userEntry } from '../../../lib/store/revocations/entry-ids.ts';
import { waitFor } from '../../../scripts/dev/wait-for.ts';
import { introspect } from '../../helpers/clients.ts';
import { migratedDatabase, type TestDatabase } from '../../helpers/database.ts';
import { revocationsOn } from '../../helpers/revocations-on.ts';
import { type Answer, post, sendAs, serve } from '../../helpers/server.ts';
import { refresh } from '../../helpers/sessions.ts';
import { PASSWORD } from '../../helpers/users.ts';
import { summarize } from '../good-requests.ts';
import { createWorlds, type World } from '../world.ts';

type Ask = (url: string, world: World) => Promise<Answer>;

const as =
  (path: string): Ask =>
  (url, { asker }) =>
    sendAs(asker.tokens.access, url + path);

const me = as('/api/auth/me');
const list = as('/api/auth/sessions');
const login: Ask = (url, { asker: { email } }) =>
  post(`${url}/api/auth/login`, { email, password: PASSWORD });
const renew: Ask = (url, { asker }) => refresh(url, asker.tokens.refresh);
const ask: Ask = (url, { asker, client }) => introspect(url, client, asker.tokens.access);

interface Row {
  readonly collection: string;
  readonly fields: readonly string[];
  filter(world: World): Document;
  readonly asks: readonly Ask[];
}

/** Fields that decide, and requests that cannot be decided without them. */
const TABLE: readonly Row[] = [
  {
    collection: 'users',
    fields: ['name', 'company_id', 'roles', 'disabled_at'],
    filter: ({ asker }) => ({ _id: asker.id }),
    asks: [me, list, ask, renew, as('/api/admin/stats')],
  },
  {
    collection: 'sessions',
    fields: ['stamp', 'auth_time', 'last_used_at'],
    filter: ({ asker }) => ({ _id: asker.tokens.sessionId }),
    asks: [list, login],
  },
  {
    collection: 'sessions',
    fields: ['stamp', 'auth_time'],
    filter: ({ asker }) => ({ _id: asker.tokens.sessionId }),
    asks: [renew],
  },
  {
    collection: 'clients',
    fields: ['secret_hash'],
    filter: ({ client }) => ({ _id: client.clientId }),
    asks: [ask],
  },
  {
    collection: 'revoked_tokens',
    fields: ['revoked_before'],
    filter: ({ asker }) => ({ _id: userEntry(asker.id) }),
    asks: [me, list, ask, login, renew],
  },
];

const WRONG: Readonly<Record<string, (field: string) => Document>> = {
  'left out': (field) => ({ $unset: { [field]: 1 } }),
  'a text': (field) => ({ $set: { [field]: 'admin' } }),
  'a number': (field) => ({ $set: { [field]: 1 } }),
  true: (field) => ({ $set: { [field]: true } }),
  'a document': (field) => ({ $set: { [field]: {} } }),
  'a list of numbers': (field) => ({ $set: { [field]: [1] } }),
};

const TEXTS: ReadonlySet<string> = new Set(['name', 'company_id', 'secret_hash']);

/** Pairs each field with each value that it must not have. */
function listWrongs(fields: readonly string[]) {
  const all = fields.flatMap((field) =>
    Object.entries(WRONG).map(([what, toUpdate]) => ({ field, what, update: toUpdate(field) })),
  );
  return all.filter(({ field, what }) => !(what === 'a text' && TEXTS.has(field)));
}

async function revokeAll({ asker, collections }: World): Promise<void> {
  const cause = { reason: 'user_requested', revokedBy: asker.id };
  await revocationsOn(collections).revokeUser({ userId: asker.id, ...cause });
}

for (const { collection, fields, filter, asks } of TABLE) {
  const what = `${fields.join(', ')} of ${collection}`;
  test(`${what}, of a wrong type, mean 503 for ${asks.length} requests, and harm no one else`, async (t) => {
    const database = await migratedDatabase(t);
    const settings = { LOGIN_FAILURES_PER_ADDRESS: '100000/15m' };
    const { url, secret } = await serve(t, { MONGODB_URI: database.uri, ...settings });
    const openWorld = await createWorlds(t, database, secret);
    const documents = database.db.collection(collection);
    const read = async (world: World, field: string) =>
      (await documents.findOne(filter(world)))?.[field];
    for (const wrong of listWrongs(fields)) {
      const name = `${wrong.field} is ${wrong.what}`;
      // The server writes `last_used_at` in the background: then the answers are to no wrong type.
      const [others, ...answers] = await waitFor(`Answers while ${name}`, async () => {
        const world = await openWorld();
        if (collection === 'revoked_tokens') await revokeAll(world);
        const options = { bypassDocumentValidation: true };
        const { matchedCount } = await documents.updateOne(filter(world), wrong.update, options);
        t.is(matchedCount, 1);
        const before = await read(world, wrong.field);
        const all = await Promise.all([
          sendAs(world.other.tokens.access, `${url}/api/auth/me`),
          ...asks.map((request) => request(url, world)),
        ]);
        return isDeepStrictEqual(await read(world, wrong.field), before) && all;
      });
      t.is(others.status, 200, name);
      for (const answer of answers) t.regex(summarize(answer), AWAY, name);
    }
  });
}

test('a login to an account that lacks fields, or has some of a wrong type, is answered as one to nobody', async (t) => {
  const database = await migratedDatabase(t);
  const settings = { LOGIN_FAILURES_PER_ADDRESS: '100000/15m' };
  const { url, secret, log } = await serve(t, { MONGODB_URI: database.uri, ...settings });
  const openWorld = await createWorlds(t, database, secret);
  const nobody = await logInAs(url, 'nobody@example.com');
  t.is(nobody.status, 401);
  const fields = ['name', 'company_id', 'roles', 'disabled_at', 'password_hash'];
  for (const { update, field, what } of listWrongs(fields)) {
    if (field === 'password_hash' && what === 'a text') continue; // that is a hash of another kind
    const { asker } = await openWorld();
    const options = { bypassDocumentValidation: true };
    await database.db.collection('users').updateOne({ _id: asker.id as never }, update, options);
    const answer = await logInAs(url, asker.email);
    t.is(answer.status, 401, `${field} is ${what}`);
    t.deepEqual({ ...answer.body, request_id: '' }, { ...nobody.body, request_id: '' });
    const { details, user_id } = (await lastEvent(database)) ?? {};
    t.deepEqual([details?.['reason'], user_id], ['unsound_account', null]);
    t.true(
      log.some((line) => JSON.stringify(line).includes(asker.id)),
      'the log names it',
    );
  }
});

function logInAs(url: string, email: string): Promise<Answer> {
  return post(`${url}/api/auth/login`, { email, password: PASSWORD });
}

function lastEvent({ collections: { auditEvents } }: TestDatabase) {
  return auditEvents.findOne({ action: 'login_failed' }, { sort: { at: -1, _id: -1 } });
}

const AWAY = /^503 (?:store_unavailable|temporarily_unavailable)$/;
