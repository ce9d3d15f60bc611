import test from 'ava';
import { MINUTE } from '../../../lib/time.ts';
import { type Deployment, openDeployment } from './deployment.ts';
import { loginAndChange, loginAndRevokeAll, revokeAll } from './login-races.ts';
import { assertHolds } from './race.ts';
import { RACES } from './repeat.ts';

const open = openDeployment;

test('Login × revoke-all: what was read before the revocation is dead once it is acknowledged, what was read after it lives', (t) =>
  assertHolds(t, {
    race: loginAndRevokeAll,
    open,
    async prepare(deployment, user, index) {
      if (index % 2 === 1) await revokeAll(deployment, user); // The others have no cutoff yet.
    },
  }));

test('Login × change-password: the old password is refused or its token dies, the new password works at once', (t) =>
  assertHolds(t, { race: loginAndChange, open }));

/** Makes the database look as if it had been migrated a moment ago. */
async function openNewDeployment(t: Parameters<typeof open>[0]): Promise<Deployment> {
  const deployment = await open(t);
  const update = { $set: { revoked_before: new Date(Date.now() + 20 * MINUTE) } };
  await deployment.collections.revokedTokens.updateOne({ _id: 'deployment' }, update);
  return deployment;
}

test('Login × revoke-all holds in a database migrated a moment ago, whose own cutoff is 20 minutes ahead', (t) =>
  assertHolds(t, { race: loginAndRevokeAll, open: openNewDeployment, count: RACES / 10 }));
