/** Servers whose feed leaves something out. The fault that loses `revoked_tokens` must catch each of them. */
import { setTimeout as pause } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import type { ChangeStreamOptions, Document } from 'mongodb';
import { createAuth } from '../../lib/auth.ts';
import { SENTINEL } from '../../lib/store/mongo/collections.ts';
import type { Db } from '../../lib/store/mongo/database.ts';
import { generateSecret } from '../../lib/tokens/keys/secret/rules.ts';
import { waitFor } from '../../scripts/dev/wait-for.ts';
import { migratedDatabase, openDatabase } from '../helpers/database.ts';
import { serveAuth } from '../helpers/server.ts';
import { LOSSES } from './faults/lost-collection.ts';
import { findFaults } from './faults/operators.ts';
import type { Operation } from './history.ts';
import { OPTIONS, openLibrary, openSessions } from './library.ts';
import { request } from './requests.ts';
import { sweep } from './until-decided.ts';

/** A lease that ends soon. */
const LEASE = 1_000;

/** Says which of the alternatives of the feed's filter is left out. */
type LeftOut = (alternative: Document) => boolean;

const nothing: LeftOut = () => false;
const sentinelsDelete: LeftOut = ({ 'documentKey._id': id }) => id === SENTINEL;
const newName: LeftOut = (alternative) => 'to.coll' in alternative;

/** Wraps the database: its change streams leave something out. */
function leaveOut(db: Db, isLeftOut: LeftOut): Db {
  const watch = (
    [{ $match }, ...rest]: [Document, ...Document[]],
    options: ChangeStreamOptions,
  ) => {
    const $or = $match.$or.filter((alternative: Document) => !isLeftOut(alternative));
    return db.watch([{ $match: { $or } }, ...rest], options);
  };
  return Object.create(db, { watch: { value: watch } }) as Db;
}

/** Loses the collection under a server that knows a token, and judges what it answers a lease later. */
async function judgeLoss(t: ExecutionContext, loss: keyof typeof LOSSES, isLeftOut: LeftOut) {
  const { uri, db } = await migratedDatabase(t);
  const secret = generateSecret();
  const library = await openLibrary(t, uri, secret);
  const broken = leaveOut(openDatabase(t, uri).db, isLeftOut);
  const options = { ...OPTIONS, follow: 'auto', followerLease: LEASE } as const;
  const auth = await createAuth({ db: broken, secrets: [secret], ...options });
  t.teardown(() => auth.close());
  await waitFor('A lease', () => auth.follow());
  const server = { name: 'A', url: await serveAuth(t, auth), follows: true };
  const history: Operation[] = [];
  const sessions = await openSessions(library, history, { users: 5, each: 1 });
  for (let n = 0; n < 3; n++) await sweep(history, [server], sessions); // so that it knows them
  await LOSSES[loss](db);
  const missing = { start: performance.now(), end: Number.POSITIVE_INFINITY };
  await pause(LEASE + 100);
  for (const session of sessions) await request(history, { client: 'c1', server }, 'me', session);
  return findFaults({ missing }, history);
}

for (const loss of Object.keys(LOSSES) as (keyof typeof LOSSES)[]) {
  test(`an intact server accepts nothing a lease after \`revoked_tokens\` was ${loss}`, async (t) => {
    t.deepEqual(await judgeLoss(t, loss, nothing), []);
  });
}

for (const [loss, isLeftOut, title] of [
  ['emptied', sentinelsDelete, "the sentinel's delete"],
  ['renamed onto', newName, 'the new name of a collection'],
  ['replaced by $out', newName, 'the new name of a collection'],
] as const) {
  test(`a server whose feed leaves out ${title} is caught where the collection is ${loss}`, async (t) => {
    t.not((await judgeLoss(t, loss, isLeftOut)).length, 0);
  });
}
