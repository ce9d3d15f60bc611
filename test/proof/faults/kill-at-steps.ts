/** A server is killed at each step of a follower's life. */
import type { Document } from 'mongodb';
import { NAMES } from '../../../lib/store/mongo/collections.ts';
import type { Scope } from '../../helpers/scope.ts';
import { FOLLOWING, type OwnServer } from '../deployment.ts';
import type { Fault } from '../fault.ts';
import { pickNext, pickRandom } from '../requests.ts';
import {
  isFeed,
  isWrite,
  killSender,
  NODE_DEFAULTS,
  openNode,
  restartServers,
} from './followers.ts';

interface Step {
  readonly is: (command: Document) => boolean;
  /** Brings the command about. It is not waited for, since the server is killed meanwhile. */
  begin(server: OwnServer): Promise<unknown>;
}

const STEPS: readonly Step[] = [
  { is: (command) => 'aggregate' in command && isFeed(command), begin: startAnew },
  { is: isWrite, begin: startAnew }, // which inserts its document
  { is: isWrite, begin: async () => undefined },
  { is: (command) => command['delete'] === NAMES.followers, begin: (server) => server.stop() },
];

type Target = Awaited<ReturnType<typeof open>>;

export const killAtSteps: Fault<Target> = {
  ...NODE_DEFAULTS,
  name: 'kill-at-steps',
  title: 'kill -9 of a server as it opens its feed, registers, renews, or deletes its document',
  rounds: 2 * STEPS.length,
  mayBreakOff: true,
  open,
  async strike(target) {
    const { is, begin } = pickNext(target, STEPS);
    const server = pickRandom(target.servers);
    const killed = killSender([server], target.tap, is);
    begin(server).catch(() => undefined);
    await killed;
  },
  heal: restartServers,
};

async function open(scope: Scope) {
  const environment = { ...FOLLOWING, SHUTDOWN_DELAY: '0s' };
  return { ...(await openNode(scope, [environment, environment])), round: 0 };
}

async function startAnew(server: OwnServer): Promise<void> {
  await server.kill();
  await server.restart();
}
