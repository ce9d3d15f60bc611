/** A server that follows, and computes for so long that its event loop stands still. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Scope } from '../../helpers/scope.ts';
import { FOLLOWING } from '../deployment.ts';
import type { Fault } from '../fault.ts';
import { pickRandom } from '../requests.ts';
import { LEASE, NODE_DEFAULTS, openNode } from './followers.ts';
import { prepareHarm } from './harm.ts';

type Target = Awaited<ReturnType<typeof open>>;

/** Leases for which the loop stands still: around the end of a lease, and long after it. */
const LEASES = [0.9, 1, 1.1, 2];

/** Unlike a process that is stopped, its threads and the kernel go on. */
export const blockedLoop: Fault<Target> = {
  ...NODE_DEFAULTS,
  name: 'blocked-loop',
  title: 'the event loop of a server is blocked around the end of a lease',
  lasts: [0, 0],
  open,
  async strike({ harm, servers: [server] }) {
    if (server === undefined) throw new Error('Two servers were to start');
    const blockFor = pickRandom(LEASES) * LEASE;
    harm(server, { blockFor });
    await pause(blockFor);
  },
  heal: async () => undefined,
};

async function open(scope: Scope) {
  const { harm, environment } = prepareHarm(scope);
  return { ...(await openNode(scope, [{ ...FOLLOWING, ...environment }, FOLLOWING])), harm };
}
