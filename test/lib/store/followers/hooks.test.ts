import test from 'ava';
import { createAuth } from '../../../../lib/auth.ts';
import type { AuthOptions } from '../../../../lib/options.ts';
import { generateSecret } from '../../../../lib/tokens/keys/secret/rules.ts';
import { CALLER, PATIENT } from '../../../helpers/auth.ts';
import { migratedDatabase } from '../../../helpers/database.ts';
import { followerDocument } from '../../../helpers/followers.ts';
import { LONG, until } from './open-follower.ts';

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

test('a revocation that waits for a silent server names it in the log, in time or after the deadline', async (t) => {
  const { db, collections } = await migratedDatabase(t);
  const logged: (readonly [message: string, fields: object])[] = [];
  const note = (fields: object, message: string) => void logged.push([message, fields]);
  const log = { warn: note, error: note };
  const open = async (deadline: number) => {
    const auth = await createAuth({ ...PATIENT, db, secrets: [generateSecret()], deadline, log });
    t.teardown(auth.close);
    return () => auth.admin.revokeEveryone({}, { ...CALLER, actor: 'operator' });
  };
  const isLogged = (beginning: string, id: string) =>
    logged.some(
      ([message, fields]) => message.startsWith(beginning) && JSON.stringify(fields).includes(id),
    );

  await collections.followers.insertOne(followerDocument({ _id: 'brief', lease: 100 }));
  await (await open(PATIENT.deadline))();
  t.true(isLogged('A revocation waited', 'brief'));
  await collections.followers.insertOne(followerDocument({ _id: 'stubborn', lease: LONG }));
  const revoke = await open(2_000);
  await until('The line', async () => {
    await t.throwsAsync(revoke, { code: 'store_unavailable' });
    return isLogged('A revocation failed', 'stubborn'); // not where the busy machine could not even read who is silent
  });
});

test('an application whose deadline is too short for the lease of the follower that it shares is warned of it', async (t) => {
  const { db } = await migratedDatabase(t);
  const options = { ...PATIENT, db, secrets: [generateSecret()] };
  const open = async (others: Partial<AuthOptions>) => {
    const logged: (readonly [message: string, fields: object])[] = [];
    const note = (fields: object, message: string) => void logged.push([message, fields]);
    const log = { warn: note, error: note };
    const auth = await createAuth({ ...options, ...others, log });
    t.teardown(auth.close);
    return logged;
  };
  t.deepEqual(await open({ deadline: 5_000 }), []);
  t.deepEqual(await open({ deadline: 3_600, follow: 'auto' }), [], 'a lease of 2 s fits');
  t.deepEqual(await open({ deadline: 3_100 }), [], 'neither it nor the first one follows');
  const [[message, fields] = [], ...others] = await open({ deadline: 3_100, follow: 'auto' });
  t.regex(message ?? '', /lease that is too long .*Give both the same "deadline"/);
  t.deepEqual([fields, others], [{ lease: 2_000, deadline: 3_100 }, []]);
});
