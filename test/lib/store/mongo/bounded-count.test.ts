import test from 'ava';
import { StoreUnavailable } from '../../../../lib/errors.ts';
import { countUpTo } from '../../../../lib/store/mongo/bounded-count.ts';
import { adminServer } from '../../../helpers/admin.ts';
import { migratedDatabase } from '../../../helpers/database.ts';
import { failingClient, underFault } from '../../../helpers/failpoint.ts';
import { refusal, toOutcome } from '../../../helpers/refusals.ts';
import { sendAs } from '../../../helpers/server.ts';

const OUT_OF_TIME = { mode: { times: 1 }, failCommands: ['aggregate'], errorCode: 50 } as const;
const AT_LEAST_NONE = { count: 0, isLowerBound: true };

test('a count is exact below its limit, and a lower bound at it', async (t) => {
  const { collections } = await migratedDatabase(t);
  const { dailyCounts } = collections;
  t.deepEqual(await countUpTo(dailyCounts, {}), { count: 0, isLowerBound: false });
  await dailyCounts.insertMany(
    ['a', 'b', 'c', 'd'].map((_id) => ({ _id, day: new Date(), n: _id === 'a' ? 1 : 2 })),
  );
  t.deepEqual(await countUpTo(dailyCounts, {}), { count: 4, isLowerBound: false });
  t.deepEqual(await countUpTo(dailyCounts, { n: 2 }, 4), { count: 3, isLowerBound: false });
  t.deepEqual(await countUpTo(dailyCounts, { n: 2 }, 3), { count: 3, isLowerBound: true });
  t.deepEqual(await countUpTo(dailyCounts, {}, 2), { count: 2, isLowerBound: true });
});

// Serial, because a mongod has one failCommand for all.
test.serial(
  'a count that takes too long knows nothing, and does not fail; any other fault does',
  async (t) => {
    const { uri } = await migratedDatabase(t);
    const { under, collections } = failingClient(t, uri);
    const count = () => countUpTo(collections.dailyCounts, {});
    t.deepEqual(await under(OUT_OF_TIME, count), AT_LEAST_NONE);
    await under({ ...OUT_OF_TIME, errorCode: 8000 }, () =>
      t.throwsAsync(count, { instanceOf: StoreUnavailable }),
    );
  },
);

test.serial(
  'revoke-everyone does not wait for a count that takes too long: it returns a lower bound, and revokes',
  async (t) => {
    const { url, db, token } = await adminServer(t);
    const fault = { ...OUT_OF_TIME, namespace: `${db.databaseName}.sessions` };
    const answer = await underFault(fault, () =>
      sendAs(token, `${url}/api/admin/revoke-everyone`, 'POST'),
    );
    t.is(answer.status, 200);
    t.deepEqual(answer.body, { sessions_ended: 0, is_lower_bound: true, dry_run: false });
    t.is(toOutcome(await sendAs(token, `${url}/api/auth/me`)), refusal('user_tokens_revoked'));
  },
);
