import test from 'ava';
import { ObjectId } from 'mongodb';
import { toCursor } from '../../lib/store/records/audit-cursor.ts';
import { adminServer } from '../helpers/admin.ts';
import { refusal, toOutcome } from '../helpers/refusals.ts';
import { sendAs } from '../helpers/server.ts';

const POSITION = toCursor({ at: new Date('2026-11-24T12:00:00.000Z'), id: new ObjectId() });

/** The last character of a cursor has two bits that mean nothing. */
const OTHER_SPELLING =
  POSITION.slice(0, -1) +
  'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'.charAt(
    'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'.indexOf(POSITION.slice(-1)) +
      1,
  );

const BAD_QUERIES: readonly (readonly [query: string, ...pointers: string[]])[] = [
  ['limit=0', '/limit'],
  ['limit=201', '/limit'],
  ['limit=-1', '/limit'],
  ['limit=1.5', '/limit'],
  ['limit=1e2', '/limit'],
  ['limit=007', '/limit'],
  ['limit=+7', '/limit'],
  ['limit=NaN', '/limit'],
  ['limit=', '/limit'],
  ['limit=99999999999999999999', '/limit'],
  ['limit=%D9%A5', '/limit'],
  ['limit=5&limit=5', '/limit'],
  ['cursor=', '/cursor'],
  ['cursor=x', '/cursor'],
  [`cursor=${POSITION}A`, '/cursor'],
  [`cursor=${POSITION.slice(1)}`, '/cursor'],
  [`cursor=${POSITION}%3D`, '/cursor'],
  [`cursor=%20${POSITION}`, '/cursor'],
  [`cursor=${OTHER_SPELLING}`, '/cursor'],
  [`cursor=${Buffer.alloc(20, 0x7f).toString('base64url')}`, '/cursor'],
  [`cursor=${'A'.repeat(5_000)}`, '/cursor'],
  [`cursor=${POSITION}&cursor=${POSITION}`, '/cursor'],
  ['cursor=%00', '/cursor'],
  ['from=yesterday', '/from'],
  ['from=2026-11-24', '/from'],
  ['from=2026-11-24T12:00:00', '/from'],
  ['from=2026-02-30T12:00:00Z', '/from'],
  ['from=2026-11-24T25:00:00Z', '/from'],
  ['from=2026-11-24T12:00:00+01:00', '/from'],
  ['from=1764000000000', '/from'],
  ['from=', '/from'],
  [`from=2026-11-24T12:00:00.${'0'.repeat(5_000)}Z`, '/from'],
  ['to=2026-11-24T12:00:00Z&to=2026-11-24T12:00:00Z', '/to'],
  ['from=2026-11-24T12:00:01Z&to=2026-11-24T12:00:00Z', '/from'],
  ['from=x&to=y', '/from', '/to'],
  ['user_id=', '/user_id'],
  ['user_id=a&user_id=b', '/user_id'],
  [`actor_id=${'a'.repeat(257)}`, '/actor_id'],
  ['action=', '/action'],
  [`action=${'a'.repeat(65)}`, '/action'],
  ['user_id[$ne]=x', '""'],
  ['userId=x', '""'],
  ['offset=1', '""'],
  ['__proto__=x', '""'],
];

test('A query that is not of the schema is 422, and the answer names what is wrong with it', async (t) => {
  const { url, token } = await adminServer(t);
  for (const [query, ...pointers] of BAD_QUERIES) {
    const answer = await sendAs(token, `${url}/api/admin/audit-events?${query}`);
    t.is(toOutcome(answer), refusal('invalid_input', ...pointers), query.slice(0, 80));
  }
});
