import { randomUUID } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { introspect } from '../helpers/clients.ts';
import type { TestDatabase } from '../helpers/database.ts';
import { emptyDatabase, migratedDatabase } from '../helpers/database.ts';
import { rescind } from '../helpers/processes.ts';
import { serve } from '../helpers/server.ts';

const PRINTED = /^client_id=([0-9a-f-]{36})\nclient_secret=([\w-]{43})\n$/;

/** Runs a command on this database. */
function on(t: ExecutionContext, { uri }: TestDatabase, ...args: string[]) {
  return rescind(t, args, { env: { MONGODB_URI: uri } });
}

async function create(t: ExecutionContext, database: TestDatabase, name: string) {
  const { code, stdout, stderr } = await on(t, database, 'client:create', '--name', name);
  t.deepEqual([code, stderr], [0, '']);
  const [, clientId = '', clientSecret = ''] = PRINTED.exec(stdout) ?? [];
  return { clientId, clientSecret };
}

test.serial(
  'client:create prints id and secret, and keeps of the secret only a hash',
  async (t) => {
    const database = await migratedDatabase(t);
    const { clientId, clientSecret } = await create(t, database, '  Billing Ünit 😀 ');
    const client = await database.collections.clients.findOne({});
    t.is(client?._id, clientId);
    t.is(client?.name, 'Billing Ünit 😀');
    t.regex(client?.secret_hash ?? '', /^[0-9a-f]{64}$/);
    const stored = await database.db.collection('clients').find().toArray();
    const events = await database.collections.auditEvents.find().toArray();
    t.false(JSON.stringify([stored, events]).includes(clientSecret));
    t.like(events, {
      length: 1,
      0: { action: 'client_created', user_id: null, actor_id: 'rescind client:create' },
    });
    t.deepEqual(events[0]?.details, { client_id: clientId, client_name: 'Billing Ünit 😀' });
  },
);

test.serial(
  'a client can send requests as soon as it is created, and none once it is deleted',
  async (t) => {
    const database = await migratedDatabase(t);
    const { url } = await serve(t, { MONGODB_URI: database.uri });
    const client = await create(t, database, 'billing');
    const other = await create(t, database, 'billing');
    t.is((await introspect(url, client, 'x')).status, 200);

    const listed = await on(t, database, 'client:list');
    t.deepEqual([listed.code, listed.stderr], [0, '']);
    t.regex(listed.stdout, /^(?:[0-9a-f-]{36}\t\d{4}-\d\d-\d\dT[\d:.]+Z\tbilling\n){2}$/);
    for (const { clientId } of [client, other]) t.true(listed.stdout.includes(clientId));

    const deleted = await on(t, database, 'client:delete', '--id', client.clientId);
    t.deepEqual([deleted.code, deleted.stdout], [0, `Deleted ${client.clientId} (billing)\n`]);
    t.is((await introspect(url, client, 'x')).body.error, 'invalid_client');
    t.is((await introspect(url, other, 'x')).status, 200);
    const event = await database.collections.auditEvents.findOne({ action: 'client_deleted' });
    t.deepEqual(event?.details, { client_id: client.clientId, client_name: 'billing' });

    const again = await on(t, database, 'client:delete', '--id', client.clientId);
    t.deepEqual([again.code, again.stdout], [1, '']);
    t.regex(again.stderr, /^No client was deleted\. No client has .+ Run: npm run client:list$/m);
  },
);

test.serial(
  'client:list without clients prints nothing on standard output, and reports it on standard error',
  async (t) => {
    const { code, stdout, stderr } = await on(t, await migratedDatabase(t), 'client:list');
    t.deepEqual([code, stdout, stderr], [0, '', 'There are no clients.\n']);
  },
);

const NAMES: readonly (readonly [what: string, name: string, message: RegExp])[] = [
  ['an empty name', '', /--name must not be empty/],
  ['a name of spaces', ' \t ', /--name must not be empty/],
  ['a name of 101 characters', 'x'.repeat(101), /--name must be at most 100 characters/],
  ['a name with a line break', 'a\nb', /--name must not contain control/],
  ['a name with an escape', 'a\u001b[31mb', /--name must not contain control/],
  ['a name with DEL', 'a\u007fb', /--name must not contain control/],
  ['a name with a line separator', 'a\u2028b', /--name must not contain control/],
  ['a name that is turned round', 'a\u202eb', /--name must not contain control or invisible/],
  ['a name with a zero width space', 'a\u200bb', /--name must not contain control or invisible/],
];

for (const [what, name, message] of NAMES) {
  test.serial(`client:create refuses ${what}: exit 1`, async (t) => {
    const env = { MONGODB_URI: 'mongodb://127.0.0.1:1/rescind' };
    const { code, stdout, stderr } = await rescind(t, ['client:create', '--name', name], { env });
    t.deepEqual([code, stdout], [1, '']);
    t.regex(stderr, /^No client was created\. /);
    t.regex(stderr, message);
  });
}

test.serial('a name of 100 characters that take two units each is not too long', async (t) => {
  const database = await migratedDatabase(t);
  await create(t, database, '😀'.repeat(100));
  t.is((await database.collections.clients.findOne({}))?.name, '😀'.repeat(100));
});

test.serial(
  'client:create on a database that is not migrated names the command to run',
  async (t) => {
    const database = emptyDatabase(t);
    const { code, stdout, stderr } = await on(t, database, 'client:create', '--name', 'billing');
    t.deepEqual([code, stdout], [1, '']);
    t.regex(
      stderr,
      /^No client was created\. The database is not migrated\. Run: npm run migrate$/m,
    );
    t.deepEqual(await database.db.listCollections().toArray(), []);
  },
);

test.serial('client:delete refuses an id that no client has, whatever it is: exit 1', async (t) => {
  const database = await migratedDatabase(t);
  await create(t, database, 'billing');
  for (const id of [randomUUID(), '', 'billing', '{"$ne":1}', '*']) {
    const { code, stdout, stderr } = await on(t, database, 'client:delete', `--id=${id}`);
    t.deepEqual([code, stdout], [1, ''], id);
    t.regex(stderr, /^No client was deleted\. /, id);
  }
  t.is(await database.collections.clients.countDocuments(), 1);
});

for (const args of [
  ['client:create', '--name', 'billing'],
  ['client:list'],
  ['client:delete', '--id', randomUUID()],
]) {
  test.serial(`${args[0]} without MONGODB_URI exits 78, with the database away 69`, async (t) => {
    const without = await rescind(t, args);
    t.is(without.code, 78);
    t.regex(without.stderr, /MONGODB_URI is missing/);
    const env = { MONGODB_URI: 'mongodb://127.0.0.1:1/rescind' };
    const away = await rescind(t, args, { env });
    t.deepEqual([away.code, away.stdout], [69, '']);
    t.regex(away.stderr, /^MongoDB did not answer: /);
  });
}

for (const [what, args, message] of [
  ['no --name', ['client:create'], /'--name <name>' not specified/],
  ['no --id', ['client:delete'], /'--id <id>' not specified/],
  ['a secret of one’s own', ['client:create', '--name', 'a', '--secret', 'b'], /unknown option/],
] as const) {
  test.serial(`${what} is a usage error: exit 64`, async (t) => {
    const { code, stdout, stderr } = await rescind(t, args);
    t.deepEqual([code, stdout], [64, '']);
    t.regex(stderr, message);
  });
}
