/** A server whose user of MongoDB lacks the right to follow, beside one that follows. */
import { authMongod } from '../../helpers/auth-mongod.ts';
import { proxiedMongod } from '../../helpers/mongod.ts';
import { createCommandTap } from '../../helpers/proxy/command-tap.ts';
import type { Scope } from '../../helpers/scope.ts';
import { FOLLOWING, openServers } from '../deployment.ts';
import type { Fault } from '../fault.ts';
import { LEASE, NODE_DEFAULTS } from './followers.ts';

type Target = Awaited<ReturnType<typeof open>>;

/** Everything that a server does, but for `changeStream`. */
const ACTIONS = ['find', 'insert', 'update', 'remove', 'listCollections', 'listIndexes'];

export const noPrivilege: Fault<Target> = {
  ...NODE_DEFAULTS,
  name: 'no-privilege',
  title: 'SIGSTOP of a server beside one that may not open a change stream',
  rounds: 5,
  lasts: [0, 2 * LEASE],
  open,
  strike: async ({ servers: [follower] }) => follower?.freeze(),
  heal: async ({ servers: [follower] }) => follower?.thaw(),
};

async function open(scope: Scope) {
  const tap = createCommandTap();
  const { root, uriFor } = await authMongod(scope, (own, options) =>
    proxiedMongod(own, { ...options, openRelay: tap.openRelay }),
  );
  const privileges = [{ resource: { db: 'rescind', collection: '' }, actions: ACTIONS }];
  const roles = ['reader-and-writer'];
  const admin = root.db('admin');
  await admin.command({ createRole: roles[0], privileges, roles: [] });
  await admin.command({ createUser: 'server', pwd: 'server', roles });
  const restricted = { ...FOLLOWING, MONGODB_URI: uriFor('server', 'server') };
  const deployment = await openServers(scope, uriFor('root', 'root'), [FOLLOWING, restricted]);
  Object.assign(deployment.servers[1] ?? {}, { follows: false }); // it reads at each check
  return { ...deployment, tap };
}
