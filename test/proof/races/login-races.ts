/** Races of a login, or of a change of the password, here with what happens at the other server. */
import { hashSync } from 'bcryptjs';
import type { User } from '../../../lib/store/accounts/users.ts';
import { login } from '../../../lib/use-cases/login.ts';
import { revokeAllTokens } from '../../../lib/use-cases/revoke-all-tokens.ts';
import type { IssuedTokens } from '../../../lib/use-cases/shared/open-session.ts';
import { CALLER } from '../../helpers/auth.ts';
import {
  callerFor,
  changePassword,
  NEW_HASH,
  NEW_PASSWORD,
  orRefused,
} from '../../helpers/two-servers.ts';
import { PASSWORD } from '../../helpers/users.ts';
import { countAccepting, type Deployment, useParts } from './deployment.ts';
import { type Meeting, type Moment, meet } from './meet.ts';
import { defineRace } from './race.ts';
import { unwatched } from './steps.ts';

/** Logs in here; undefined where the password is refused. */
function logIn(deployment: Deployment, { email }: User, password: string, watch = unwatched) {
  const parts = useParts(deployment, deployment.here, watch);
  return orRefused(login(parts, { email, password }, CALLER), 'invalid_credentials');
}

/** Changes the password to NEW_PASSWORD. */
function change(deployment: Deployment, user: User, server = deployment.there, watch = unwatched) {
  return changePassword(useParts(deployment, server, watch), user);
}

export async function revokeAll(deployment: Deployment, user: User): Promise<void> {
  await revokeAllTokens(useParts(deployment, deployment.there), undefined, callerFor(user));
}

type Fate = 'refused' | 'revoked' | 'accepted' | 'accepted by one server alone';

async function findFate(deployment: Deployment, grant: IssuedTokens | undefined): Promise<Fate> {
  if (grant === undefined) return 'refused';
  const count = await countAccepting(deployment, grant.accessToken);
  if (count === 1) return 'accepted by one server alone';
  return count === 0 ? 'revoked' : 'accepted';
}

/** A login and a revoke-all of one user. The cutoff that the login reads decides, and leaves no room. */
export const loginAndRevokeAll = defineRace({
  async run(deployment: Deployment, user, moment) {
    const readCutoff = async () => (await deployment.there.revocations.cutoffs(user.id)).user;
    const before = await readCutoff();
    const { result, reads, ...met } = await meet(
      moment,
      (watch) => logIn(deployment, user, PASSWORD, watch),
      () => revokeAll(deployment, user),
    );
    const fate = await findFate(deployment, result);
    const after = await readCutoff();
    return { ...met, fate, before, after, read: reads.cutoffs.at(-1)?.user };
  },
  points: ['before', 'start', 'account', 'cutoffs', 'password', 'again'],
  orders: {
    before: 'rival',
    start: 'rival',
    account: 'rival',
    cutoffs: 'action',
    password: 'action',
    again: 'action',
    session: 'action',
    answer: 'action',
  },
  findFirst: ({ read, before }) => (read === before ? 'action' : 'rival'),
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

/** A login and a change of the password. The hashes that the login reads decide, and leave no room. */
export const loginAndChange = defineRace({
  async run(deployment: Deployment, user, moment) {
    let changed: IssuedTokens | undefined;
    const { result, reads, begunAt, answeredAt } = await meet(
      moment,
      (watch) => logIn(deployment, user, PASSWORD, watch),
      async () => {
        changed = await change(deployment, user);
      },
    );
    return {
      old: await findFate(deployment, result),
      /** A login with the new password, begun when the change had been answered. */
      fresh: await findFate(deployment, await logIn(deployment, user, NEW_PASSWORD)),
      own: await findFate(deployment, changed),
      seen: findNewHash(reads),
      begunAt,
      answeredAt,
    };
  },
  points: ['before', 'start', 'account', 'cutoffs', 'session'],
  orders: {
    before: 'rival',
    start: 'rival',
    account: 'rival',
    cutoffs: 'rival',
    password: 'rival',
    again: 'action',
    session: 'action',
    answer: 'action',
  },
  findFirst: ({ seen }) => (seen === 'never' ? 'action' : 'rival'),
  forbidden: {
    'the old password outlived its change': ({ old }) => old.startsWith('accepted'),
    'the old password was refused though no read saw the new hash': ({ old, seen }) =>
      old === 'refused' && seen === 'never',
    'the old password was granted a token though a read saw the new hash': ({ old, seen }) =>
      old === 'revoked' && seen !== 'never',
    'the old hash was read after its change was answered': ({ answeredAt, seen }) =>
      answeredAt === 'before' && seen !== 'at the first read',
    'the new hash was read before its change was asked for': ({ begunAt, seen }) =>
      begunAt === 'answer' && seen !== 'never',
    'the new password was refused': ({ fresh }) => fresh === 'refused',
    'the token of the new password was dead on arrival': ({ fresh }) => fresh !== 'accepted',
    'the token of the change was dead on arrival': ({ own }) => own !== 'accepted',
  },
});

function findNewHash({ account, again }: Meeting['reads']) {
  if (account[0]?.passwordHash === NEW_HASH) return 'at the first read';
  return again[0]?.account.passwordHash === NEW_HASH ? 'at the second read' : 'never';
}

/**
 * A change of the password, and what happens between its two writes. A change that another one overtook is
 * refused.
 */
async function meetChange(
  deployment: Deployment,
  user: User,
  moment: Moment,
  rival: () => Promise<unknown>,
): Promise<Fate> {
  const { result } = await meet(
    moment,
    (watch) => orRefused(change(deployment, user, deployment.here, watch), 'user_tokens_revoked'),
    rival,
  );
  return findFate(deployment, result);
}

/** A change of the password, and a whole login with the old one. */
export const changeAndLogin = defineRace({
  async run(deployment: Deployment, user, moment) {
    let granted: IssuedTokens | undefined;
    const own = await meetChange(deployment, user, moment, async () => {
      granted = await logIn(deployment, user, PASSWORD);
    });
    return { own, old: await findFate(deployment, granted) };
  },
  points: [],
  orders: {},
  findFirst: ({ old }) => (old === 'refused' ? 'action' : 'rival'),
  forbidden: {
    'the token of the change was dead on arrival': ({ own }) => own !== 'accepted',
    'the old password outlived its change': ({ old }) => old.startsWith('accepted'),
  },
});

const SET_HASH = hashSync('an operator chose this', 10);

/** A change of the password, and an operator who sets another one and has the answer. */
export const changeAndSetPassword = defineRace({
  async run(deployment: Deployment, user, moment) {
    const { users, revocations } = deployment.there;
    const own = await meetChange(deployment, user, moment, async () => {
      await users.setPassword(user.id, SET_HASH);
      const cause = { reason: 'password_changed', revokedBy: 'cli' };
      await revocations.revokeUser({ userId: user.id, ...cause });
    });
    return { own };
  },
  points: [],
  orders: {},
  findFirst: ({ own }) => (own === 'refused' ? 'rival' : 'action'),
  forbidden: {
    'a change outlived that of the operator': ({ own }) => own.startsWith('accepted'),
  },
});
