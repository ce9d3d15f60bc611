import test from 'ava';
import { createAuth } from '../../../../lib/auth.ts';
import { generateSecret } from '../../../../lib/tokens/keys/secret/rules.ts';
import { CALLER, PATIENT } from '../../../helpers/auth.ts';
import { migratedDatabase } from '../../../helpers/database.ts';
import { LONG } from './open-follower.ts';

test('an onFollower that throws is logged, and neither ends the follower nor fails a revocation', async (t) => {
  const { db } = await migratedDatabase(t);
  const logged: string[] = [];
  const note = (_: object, message: string) => void logged.push(message);
  const auth = await createAuth({
    ...PATIENT,
    db,
    secrets: [generateSecret()],
    follow: 'auto',
    followerLease: LONG,
    log: { warn: note, error: note },
    onFollower() {
      throw new Error('of the application');
    },
  });
  t.teardown(auth.close);
  t.true(await auth.follow(60_000));
  await t.notThrowsAsync(auth.admin.revokeEveryone({}, { ...CALLER, actor: 'operator' }));
  t.true(logged.includes('onFollower threw an error'));
});
