/** Changes of a user at the shell, under servers that know the token: a lease later nobody acts on the old user. */
import type { Collections, UserDocument } from '../../../lib/store/mongo/collections.ts';
import { waitFor } from '../../../scripts/dev/wait-for.ts';
import { grantSession } from '../../helpers/auth.ts';
import type { Scope } from '../../helpers/scope.ts';
import { sendAs } from '../../helpers/server.ts';
import { nameTokens } from '../../helpers/sessions.ts';
import { addUser } from '../../helpers/users.ts';
import type { Fault } from '../fault.ts';
import { recordReads } from '../memory.ts';
import type { Server } from '../requests.ts';
import { askUntilDecided } from '../until-decided.ts';
import { LEASE, NODE_DEFAULTS, openNode } from './followers.ts';

type Users = Collections['users'];

interface Change {
  readonly title: string;
  /** Changes the user as somebody at the shell may. */
  make(users: Users, user: UserDocument): Promise<unknown>;
  /** The answer of `/me`: the status, and the roles if there are any. */
  readonly answer: string;
}

const ADMIN = '200 admin,editor';
const EDITOR = '200 editor';
const REFUSED = '401 invalid_token';

const CHANGES: readonly Change[] = [
  {
    title: 'a role removed by $pull',
    make: (users, { _id }) => users.updateOne({ _id }, { $pull: { roles: 'admin' } }),
    answer: EDITOR,
  },
  {
    title: 'a role removed by a pipeline, which leaves no updated field',
    make: (users, { _id }) =>
      users.updateOne({ _id }, [{ $set: { roles: { $setDifference: ['$roles', ['admin']] } } }]),
    answer: EDITOR,
  },
  {
    title: 'a role removed by position, for many users at once',
    make: (users, { _id }) => users.updateMany({ _id }, { $pop: { roles: -1 } }),
    answer: EDITOR,
  },
  {
    title: 'a user replaced',
    make: (users, { _id, ...user }) => users.replaceOne({ _id }, { ...user, roles: ['editor'] }),
    answer: EDITOR,
  },
  {
    title: 'a user changed in a transaction',
    make: (users, { _id }) =>
      users.db.client.withSession((session) =>
        session.withTransaction(() =>
          users.updateOne({ _id }, { $set: { roles: ['editor'] } }, { session }),
        ),
      ),
    answer: EDITOR,
  },
  {
    title: 'a user disabled',
    make: (users, { _id }) => users.updateOne({ _id }, { $set: { disabled_at: new Date() } }),
    answer: REFUSED,
  },
  {
    title: 'a user disabled and enabled again',
    async make(users, { _id }) {
      await users.updateOne({ _id }, { $set: { disabled_at: new Date() } });
      await users.updateOne({ _id }, { $set: { disabled_at: null } });
    },
    answer: ADMIN,
  },
  {
    title: 'a user deleted',
    make: (users, { _id }) => users.deleteOne({ _id }),
    answer: REFUSED,
  },
];

type Target = Awaited<ReturnType<typeof open>>;

export const changedUsers: Fault<Target> = {
  ...NODE_DEFAULTS,
  name: 'changed-users',
  title: 'users are changed, disabled, enabled and deleted at the shell',
  rounds: 5,
  lasts: [0, 0],
  open,
  strike: (target) => Promise.all(CHANGES.map((change) => makeChange(target, change))),
  heal: async () => undefined,
  findFaults: ({ wrong }) => wrong.splice(0),
};

async function open(scope: Scope) {
  /** A sentence for each change that a server did not follow in time. */
  return { ...(await openNode(scope)), wrong: [] as string[] };
}

/** Answers `/me` in a word or two. */
async function me(token: string, { url }: Server): Promise<string> {
  const { status, body } = await askUntilDecided(() => sendAs(token, `${url}/api/auth/me`));
  return `${status} ${body.roles?.join() ?? body.code}`;
}

/** Asks each server until it accepts the token from memory. */
async function learn({ servers, tap }: Target, token: string, sessionId: string): Promise<void> {
  const reads = recordReads(tap);
  for (const server of servers) {
    await waitFor('An answer from memory', async () => {
      const start = performance.now();
      const learned = await me(token, server);
      return learned === ADMIN && !reads.isRead(sessionId, start, performance.now());
    });
  }
  reads.stop();
}

async function makeChange(target: Target, { title, make, answer }: Change): Promise<void> {
  const { library, servers, wrong } = target;
  const { parts, collections } = library;
  const { id } = await addUser(collections, { roles: ['admin', 'editor'] });
  const { access, sessionId } = nameTokens(await grantSession(parts, id));
  await learn(target, access, sessionId);
  const user = await collections.users.findOne({ _id: id });
  if (user === null) throw new Error('The user was added');
  await make(collections.users, user);
  const changed = performance.now();
  const askAll = () => Promise.all(servers.map((server) => me(access, server)));
  while (performance.now() <= changed + LEASE) await askAll(); // some of them may still be from memory
  for (const found of await askAll()) {
    if (found !== answer) wrong.push(`After ${title}: ${found}`);
  }
}
