/** A login here and a revoke-all there, of one user. */
import test from 'ava';
import type { Document } from 'mongodb';
import { userEntry } from '../../../lib/store/revocations/entry-ids.ts';
import { LOGIN_IN_FLIGHT, revokeUserUpdate } from '../../../lib/store/revocations/entry-updates.ts';
import { MINUTE } from '../../../lib/time.ts';
import { PASSWORD } from '../../helpers/users.ts';
import {
  assertCaught,
  type Deployment,
  findFate,
  logIn,
  openDeployment as open,
  revokeAll,
  setClockBack,
  UNWRITTEN,
  type Variant,
} from './deployment.ts';
import { meet } from './meet.ts';
import { assertHolds, defineRace, RACES } from './race.ts';
import { withChanges } from './steps.ts';

/** The cutoff that the login reads decides, and leaves no room. */
const race = defineRace({
  async run(deployment: Deployment, user, moment) {
    const readCutoff = async () => (await deployment.there.revocations.cutoffs(user.id)).user;
    const before = await readCutoff();
    const { result, listTaken, ...met } = await meet(
      moment,
      (watch) => logIn(deployment, user, PASSWORD, watch),
      () => revokeAll(deployment, user),
    );
    const fate = await findFate(deployment, result);
    const after = await readCutoff();
    const read = listTaken('cutoffs').at(-1)?.read.user;
    return { ...met, first: read === before ? 'action' : 'rival', fate, before, after, read };
  },
  points: ['before', 'start', 'account', 'cutoffs', 'password', 'again'],
  orders: {
    rival: ['before', 'start', 'account'],
    action: ['cutoffs', 'password', 'again', 'session', 'answer'],
  },
  forbidden: {
    'the login was refused': ({ fate }) => fate === 'refused',
    'the token outlived the revoke-all': ({ fate, read, before }) =>
      read === before && fate !== 'revoked',
    'the token was dead on arrival': ({ fate, read, after }) =>
      read === after && fate !== 'accepted',
    'the login read a cutoff that never stood': ({ read, before, after }) =>
      read !== before && read !== after,
    'the login read the old cutoff after the revoke-all was answered': ({
      read,
      before,
      answeredAt,
    }) => read === before && answeredAt === 'before',
    'the login read the new cutoff before the revoke-all was asked for': ({
      read,
      after,
      begunAt,
    }) => read === after && begunAt === 'answer',
  },
});

test('Login × revoke-all: what was read before the revocation is dead once it is acknowledged, what was read after it lives', (t) =>
  assertHolds(t, {
    race,
    open,
    async prepare(deployment, user, index) {
      if (index % 2 === 1) await revokeAll(deployment, user); // The others have no cutoff yet.
    },
  }));

test('Login × revoke-all holds when the clock was set back an hour', (t) =>
  assertHolds(t, { race, open, prepare: setClockBack, count: RACES / 10 }));

/** Makes the database look as if it had been migrated a moment ago. */
async function openNewDeployment(t: Parameters<typeof open>[0]): Promise<Deployment> {
  const deployment = await open(t);
  const update = { $set: { revoked_before: new Date(Date.now() + 20 * MINUTE) } };
  await deployment.collections.revokedTokens.updateOne({ _id: 'deployment' }, update);
  return deployment;
}

test('Login × revoke-all holds in a database migrated a moment ago, whose own cutoff is 20 minutes ahead', (t) =>
  assertHolds(t, { race, open: openNewDeployment, count: RACES / 10 }));

/** The revocation of a user has another rule for its cutoff. */
function withCutoffRule(revokedBefore: Document): Variant {
  return (parts, _watch, { revokedTokens }) =>
    withChanges(parts, {
      revocations: {
        async revokeUser(input) {
          const [stage] = revokeUserUpdate(input, 0, 0);
          const update = [{ $set: { ...stage?.['$set'], revoked_before: revokedBefore } }];
          await revokedTokens.updateOne({ _id: userEntry(input.userId) }, update, { upsert: true });
          return { ...UNWRITTEN, cutoff: Number.NaN }; // which nobody in this race reads
        },
      },
    });
}

/** Everything before now is revoked, and no login in flight. */
const withoutTenMinutes = withCutoffRule({ $max: [{ $add: ['$revoked_before', 1] }, '$$NOW'] });

test.serial(
  'A revoke-all without the 10 minutes is caught every time: cutoffs read → revoked → stamp taken',
  (t) =>
    assertCaught(t, {
      variant: withoutTenMinutes,
      race,
      barrier: 'cutoffs',
      fault: 'the token outlived the revoke-all',
    }),
);

/** The login's stamp is `$$NOW`, not lifted above the cutoffs. */
const withNowAsStamp: Variant = (parts) => {
  const lowest = { user: Number.NEGATIVE_INFINITY, deployment: Number.NEGATIVE_INFINITY };
  return withChanges(parts, {
    revocations: { cutoffs: (userId) => parts.revocations.cutoffs(userId).then(() => lowest) },
  });
};

test.serial(
  'A login with $$NOW alone as its stamp is caught every time: revoked → cutoffs read',
  (t) =>
    assertCaught(t, {
      variant: withNowAsStamp,
      race,
      barrier: 'account',
      fault: 'the token was dead on arrival',
    }),
);

/** The clock alone decides, and not the old cutoff. */
const withoutOldCutoff = withCutoffRule({ $add: ['$$NOW', LOGIN_IN_FLIGHT] });

/** The check compares `stamp < revoked_before` where `<=` is right. */
const withLessThan: Variant = (parts) =>
  withChanges(parts, {
    revocations: {
      check: (token) => parts.revocations.check({ ...token, stamp: token.stamp + 1 }),
    },
  });

for (const [title, variant] of [
  [
    'A revoke-all that does not look at the old cutoff is caught every time the clock was set back',
    withoutOldCutoff,
  ],
  [
    'A check that compares < in place of <= is caught every time the clock was set back',
    withLessThan,
  ],
] as const) {
  test.serial(title, (t) =>
    assertCaught(t, {
      variant,
      race,
      barrier: 'session',
      fault: 'the token outlived the revoke-all',
      prepare: setClockBack,
    }),
  );
}
