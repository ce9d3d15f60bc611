import test from 'ava';
import { emptyDatabase } from '../helpers/database.ts';
import { rescind } from '../helpers/processes.ts';
import { underFault } from './failpoint.ts';

const LONGER_THAN_A_REQUEST_MAY_TAKE = 6_000;

test('migrate waits for an index on a large collection, here 6 seconds', async (t) => {
  const { uri, db } = emptyDatabase(t);
  const slow = {
    mode: { times: 1 },
    failCommands: ['createIndexes'],
    namespace: `${db.databaseName}.users`,
    blockConnection: true,
    blockTimeMS: LONGER_THAN_A_REQUEST_MAY_TAKE,
  };
  await underFault(slow, async () => {
    const { code, stderr } = await rescind(t, ['migrate'], { env: { MONGODB_URI: uri } });
    t.is(code, 0, stderr);
  });
  const { code, stderr } = await rescind(t, ['migrate', '--check'], {
    env: { MONGODB_URI: uri },
  });
  t.is(code, 0, stderr);
});
