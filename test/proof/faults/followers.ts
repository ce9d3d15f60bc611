/** Faults of servers that follow, and of what they follow. */
import type { Document } from 'mongodb';
import { longestLease } from '../../../lib/store/followers/obstacles.ts';
import { NAMES } from '../../../lib/store/mongo/collections.ts';
import { MINUTE, SECOND, withTimeout } from '../../../lib/time.ts';
import { proxiedMongod } from '../../helpers/mongod.ts';
import { createCommandTap, type Hold } from '../../helpers/proxy/command-tap.ts';
import type { Treatment } from '../../helpers/proxy/connection.ts';
import type { Scope } from '../../helpers/scope.ts';
import {
  type Environment,
  FOLLOWING,
  type OwnServer,
  openServers,
  SETTINGS,
} from '../deployment.ts';
import { DEFAULTS, type Fault } from '../fault.ts';
import { pickRandom } from '../requests.ts';

export type Node = Awaited<ReturnType<typeof openNode>>;

/** The lease of the servers: the longest for their deadline. */
export const LEASE = longestLease(Number.parseInt(SETTINGS.REQUEST_DEADLINE, 10) * SECOND);

/** Starts a server with each environment on a mongod behind a proxy. */
export async function openNode(
  scope: Scope,
  environments: readonly Environment[] = [FOLLOWING, FOLLOWING],
  mongodArgs: readonly string[] = [],
) {
  const tap = createCommandTap();
  const mongod = await proxiedMongod(scope, { args: mongodArgs, openRelay: tap.openRelay });
  return { ...(await openServers(scope, mongod.uri, environments)), mongod, tap };
}

type NodeFault = Fault<Node>;

export const NODE_DEFAULTS = {
  ...DEFAULTS,
  rounds: 10,
  open: (scope: Scope): Promise<Node> => openNode(scope),
};

/** An update of the own document: its insert or a renewal. */
export const isWrite = ({ update }: Document) => update === NAMES.followers;
const isRevocation = ({ update }: Document) => update === NAMES.revokedTokens;
const isSettling = ({ find }: Document) => find === NAMES.followers;
export const isFeed = ({ getMore, collection, aggregate, pipeline }: Document) =>
  (getMore !== undefined && collection === '$cmd.aggregate') ||
  (aggregate !== undefined && pipeline?.[0]?.$changeStream !== undefined);

export const followerFaults: readonly NodeFault[] = [
  freezing(0.5, 'half a lease'),
  freezing(1, 'a lease'),
  freezing(2, 'two leases'),
  killingAt(
    'kill-at-write',
    'kill -9 of a server that sends the write of a revocation',
    isRevocation,
  ),
  killingAt('kill-in-settle', 'kill -9 of a server that waits for the others', isSettling),
  {
    ...NODE_DEFAULTS,
    name: 'stop-server',
    title: 'SIGTERM of a server with requests in flight',
    mayBreakOff: true,
    strike: ({ servers }) => pickRandom(servers).stop(),
    heal: restartServers,
  },
  treating('cut-follower', 'silence between a server and the database', 'hole'),
  treating('slow-follower', 'a server that is 2 s away from the database', {
    delay: [SECOND, SECOND],
  }),
  holding('deaf-follower', 'a server gets no answer of the database', { answers: true }),
  holding('held-feed', 'only the feed of a server is held back', { command: isFeed }),
  holding('held-renewals', 'only the renewals of a server are held back', { command: isWrite }),
  {
    ...NODE_DEFAULTS,
    name: 'different-leases',
    title: 'SIGSTOP of one of three servers with leases of 1, 2 and 3 s',
    lasts: [0, 4 * SECOND],
    open: (scope) => openNode(scope, ['1s', '2s', '3s'].map(withLease)),
    strike: freezeOne,
    heal: thawAll,
  },
  {
    ...NODE_DEFAULTS,
    name: 'one-follows',
    title: 'SIGSTOP of a server beside one with FOLLOW=off',
    lasts: [0, 2 * LEASE],
    open: (scope) => openNode(scope, [FOLLOWING, { FOLLOW: 'off' }]),
    strike: async ({ servers: [follower] }) => follower?.freeze(),
    heal: thawAll,
  },
  {
    ...NODE_DEFAULTS,
    name: 'nobody-follows',
    title: 'kill -9 of a server, and FOLLOW=off everywhere',
    mayBreakOff: true,
    open: (scope) => openNode(scope, [{ FOLLOW: 'off' }, { FOLLOW: 'off' }]),
    strike: ({ servers }) => pickRandom(servers).kill(),
    heal: restartServers,
  },
];

/** Returns the environment of a server with a lease that fits into a longer deadline. */
function withLease(lease: string): Environment {
  return { ...FOLLOWING, REQUEST_DEADLINE: '5s', FOLLOWER_LEASE: lease };
}

function freezing(leases: number, name: string): NodeFault {
  return {
    ...NODE_DEFAULTS,
    name: `freeze-${name.replaceAll(' ', '-')}`,
    title: `SIGSTOP of a server for ${name}`,
    lasts: [leases * LEASE, leases * LEASE],
    strike: freezeOne,
    heal: thawAll,
  };
}

/** Kills the server that sends such a command next, as it sends it. */
function killingAt(name: string, title: string, is: (command: Document) => boolean): NodeFault {
  return {
    ...NODE_DEFAULTS,
    ...{ name, title },
    mayBreakOff: true,
    strike: ({ servers, tap }) => killSender(servers, tap, is),
    heal: restartServers,
  };
}

/** Kills the first of the servers that sends such a command. MongoDB may carry it out all the same. */
export async function killSender(
  servers: readonly OwnServer[],
  tap: Node['tap'],
  is: (command: Document) => boolean,
): Promise<void> {
  let stop = () => {};
  const sending = new Promise<OwnServer>((resolve) => {
    stop = tap.listen((command, isFrom) => {
      const found = is(command) && servers.find(({ pid }) => isFrom(pid));
      if (found) resolve(found);
    });
  });
  const late = () => new Error('No server has sent the command');
  const sender = await withTimeout(2 * MINUTE, sending, late).finally(() => stop());
  await sender.kill();
}

/** Treats every connection between one server and the database so. */
function treating(name: string, title: string, treatment: Treatment): NodeFault {
  return {
    ...NODE_DEFAULTS,
    ...{ name, title },
    lasts: [SECOND / 2, 3 * SECOND],
    async strike({ servers, mongod: { proxy } }) {
      const { pid } = pickRandom(servers);
      proxy.treat(
        (opener) => (opener === pid ? treatment : 'pass'),
        () => [pid],
      );
    },
    heal: async ({ mongod }) => mongod.proxy.treat('pass'),
  };
}

/** Holds back some of the traffic between one server and the database. It arrives afterwards. */
function holding(name: string, title: string, hold: Omit<Hold, 'pid'>): NodeFault {
  return {
    ...NODE_DEFAULTS,
    ...{ name, title },
    lasts: [SECOND / 2, 3 * SECOND],
    strike: async ({ servers, tap }) => tap.hold({ pid: pickRandom(servers).pid, ...hold }),
    heal: async ({ tap }) => tap.release(),
  };
}

async function freezeOne({ servers }: Node): Promise<void> {
  pickRandom(servers).freeze();
}

async function thawAll({ servers }: Node): Promise<void> {
  for (const server of servers) server.thaw();
}

export async function restartServers({ servers }: Node): Promise<void> {
  await Promise.all(servers.map((server) => server.isRunning() || server.restart()));
}
