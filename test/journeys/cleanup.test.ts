import { createHash } from 'node:crypto';
import test from 'ava';
import type { RevocationDocument } from '../../lib/store/mongo/collections.ts';
import { toId, tokenEntry } from '../../lib/store/revocations/entry-ids.ts';
import { HOUR, SECOND } from '../../lib/time.ts';
import { issueWithAge } from '../helpers/forged-tokens.ts';
import { refusal, toOutcome } from '../helpers/refusals.ts';
import { logIn, sendAs, testServer } from '../helpers/server.ts';
import { addUser } from '../helpers/users.ts';

test('expired entries are cleaned up (seen happening) while an entry whose token still verifies stays', async (t) => {
  t.timeout(60 * SECOND);
  const { url, secret, db, collections } = await testServer(t);
  const user = await addUser(collections);
  const live = await logIn(url, user.email);
  await sendAs(live, `${url}/api/auth/logout`, 'POST');
  const expired = await issueWithAge(30 * HOUR, secret, user);
  // The stream starts before the entry is written, so it sees both the beginning and the end.
  const stream = db
    .collection<RevocationDocument>('revoked_tokens')
    .watch([{ $match: { 'documentKey._id': toEntryId(expired) } }]);
  t.teardown(() => stream.close());
  await stream.tryNext();

  t.is((await sendAs(expired, `${url}/api/auth/logout`, 'POST')).status, 200);

  const born = await stream.next();
  if (born.operationType !== 'insert') return t.fail(`First came ${born.operationType}`);
  t.true(Number(born.fullDocument.expires_at) < Date.now());
  t.is((await stream.next()).operationType, 'delete');
  t.is(await collections.revokedTokens.countDocuments({ _id: toEntryId(expired) }), 0);

  const kept = await collections.revokedTokens.findOne({ _id: toEntryId(live) });
  t.true(Number(kept?.expires_at) > Date.now());
  t.is(toOutcome(await sendAs(live, `${url}/api/auth/me`)), refusal('token_revoked'));
  t.is(toOutcome(await sendAs(expired, `${url}/api/auth/me`)), refusal('invalid_token'));
});

function toEntryId(token: string) {
  const signed = token.slice(0, token.lastIndexOf('.'));
  return toId(tokenEntry(createHash('sha256').update(signed).digest('base64')));
}
