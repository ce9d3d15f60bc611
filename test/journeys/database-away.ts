import type { ExecutionContext } from 'ava';
import { openCollections } from '../../lib/store/mongo/collections.ts';
import { connect } from '../../lib/store/mongo/database.ts';
import { migrateNow } from '../helpers/database.ts';
import { loopTime } from '../helpers/loop-clock.ts';
import { ownMongod } from '../helpers/mongod.ts';
import type { Answer } from '../helpers/server.ts';
import { addUser } from '../helpers/users.ts';

/** Starts a mongod that the test may break, with a migrated database and a user. */
export async function openBreakable(t: ExecutionContext) {
  const mongod = await ownMongod(t);
  const { db, close } = connect(mongod.uri);
  await migrateNow(db);
  const { email } = await addUser(openCollections(db));
  await close();
  return { mongod, email };
}

/** Sends a request while the database is away: it is answered 503 within the deadline. */
export async function assertUnavailable(
  t: ExecutionContext,
  name: string,
  request: () => Promise<Answer>,
  deadline: number,
): Promise<void> {
  const started = loopTime();
  const { status, body, headers } = await request();
  const took = loopTime() - started;
  t.is(status, 503, `${name} answered ${JSON.stringify(body)}`);
  t.is(body.code, 'store_unavailable', name);
  t.regex(headers.get('retry-after') ?? '', /^[1-9]\d*$/, name);
  t.true(took < deadline, `${name} took ${took} ms`);
}
