import { randomBytes } from 'node:crypto';
import { MongoClient } from 'mongodb';
import { waitFor } from '../../scripts/dev/wait-for.ts';
import type { OwnMongod } from './mongod.ts';
import type { Range } from './proxy/connection.ts';
import type { TcpProxy } from './proxy/tcp-proxy.ts';
import type { Member } from './set/member.ts';
import type { ReplicaSet } from './set/replica-set.ts';
import { deposePrimary, splitBrain } from './set/split-brain.ts';
import type { SmallDisk } from './small-disk.ts';

/** A server process, which can be killed and started again on the same port. */
export interface ArenaServer {
  readonly pid: number;
  isRunning(): boolean;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** Starts it again; resolves when it listens. */
  restart(): Promise<void>;
}

/** Servers on one mongod behind a proxy. */
export interface OneNodeArena {
  readonly mongod: OwnMongod & { readonly proxy: TcpProxy };
  readonly servers: readonly ArenaServer[];
  /** What the mongod lives on, where a fault `needsSmallDisk`. */
  readonly disk?: SmallDisk;
}

/** Servers on a replica set. */
export interface ReplicaSetArena {
  readonly set: ReplicaSet;
  readonly servers: readonly ArenaServer[];
}

/** Harm done within the traffic, at a moment the caller picks at random, and put right within it as well. */
interface FaultOf<Topology, Arena> {
  /** As the proof prints it. */
  readonly name: string;
  readonly topology: Topology;
  /** Whether a server may accept a revoked token for MAX_STALENESS: an old primary may still answer it. */
  readonly stale?: boolean;
  readonly needsSmallDisk?: boolean;
  /** Does the harm, at once; resolves when it is at its full: a process dead, a new primary elected. */
  strike(arena: Arena): Promise<void>;
  /** Puts everything right; resolves when database and servers run again. */
  heal(arena: Arena): Promise<void>;
}

export type OneNodeFault = FaultOf<'one node', OneNodeArena>;
export type ReplicaSetFault = FaultOf<'replica set', ReplicaSetArena>;

/** Each way, for each piece: a login, or a check with a short REQUEST_DEADLINE, comes over its deadline. */
const SLOW: Range = [50, 400];
/** Bytes after which a connection is cut: in its greeting, in a command, in an answer, or some commands later. */
const CUT: Range = [100, 20_000];
/** A write for the journal, of which 3 MB are laid out, in bytes. */
const FILLER = 128 * 1024;
/** How long mongod may take to notice that its disk is full. */
const NOTICED_WITHIN = 30_000;

/** What is done to a single mongod and the servers on it. */
export const ONE_NODE_FAULTS: readonly OneNodeFault[] = [
  {
    name: 'kill -9 of mongod',
    topology: 'one node',
    strike: ({ mongod }) => mongod.kill(),
    heal: ({ mongod }) => mongod.restart(),
  },
  {
    name: 'kill -9 of the server',
    topology: 'one node',
    strike: ({ servers }) => anyOf(servers).kill(),
    heal: ({ servers }) => restartDead(servers),
  },
  {
    name: 'slow connections',
    topology: 'one node',
    strike: async ({ mongod }) => mongod.proxy.treat(() => ({ delay: SLOW })),
    heal: async ({ mongod }) => mongod.proxy.treat(() => 'pass'),
  },
  {
    name: 'cut connections',
    topology: 'one node',
    strike: async ({ mongod }) => mongod.proxy.treat(() => ({ cutAfter: CUT })),
    heal: async ({ mongod }) => mongod.proxy.treat(() => 'pass'),
  },
  {
    name: 'full disk',
    topology: 'one node',
    needsSmallDisk: true,
    strike: fillDisk,
    heal: freeDisk,
  },
];

/** What is done to a replica set and the servers on it. */
export const REPLICA_SET_FAULTS: readonly ReplicaSetFault[] = [
  {
    name: 'kill -9 of the primary',
    topology: 'replica set',
    strike: ({ set }) => toPrimary(set, (primary) => primary.kill()),
    heal: ({ set }) => set.heal(),
  },
  {
    name: 'step-down',
    topology: 'replica set',
    strike: ({ set }) => toPrimary(set, () => set.stepDown()),
    heal: ({ set }) => set.heal(),
  },
  {
    name: 'SIGSTOP of the primary',
    topology: 'replica set',
    stale: true,
    strike: async ({ set }) => void (await deposePrimary(set, (primary) => primary.freeze())),
    heal: ({ set }) => set.heal(),
  },
  {
    name: 'the primary cut off from the others',
    topology: 'replica set',
    stale: true,
    strike: cutPrimaryOff,
    heal: ({ set }) => set.heal(),
  },
];

async function toPrimary(set: ReplicaSet, harm: (primary: Member) => unknown): Promise<void> {
  const primary = await set.primary();
  await harm(primary);
  await set.primaryAfter(primary);
}

/** One server is left with the old primary, which answers on while a new one takes writes. */
async function cutPrimaryOff({ set, servers }: ReplicaSetArena): Promise<void> {
  const [server] = servers;
  if (server) set.reachOnly(server.pid, await set.primary());
  await splitBrain(set);
}

async function fillDisk({ mongod, disk }: OneNodeArena): Promise<void> {
  if (!disk) throw new Error('A full disk takes a small one');
  await disk.fill();
  const { write, close } = openFiller(mongod.uri);
  // It aborts at the first write that does not fit into its journal; the servers' own would take a minute to get there.
  const isGone = async () => {
    while (mongod.isRunning()) await write();
    return true;
  };
  await waitFor('A mongod that has met the full disk', isGone, { timeout: NOTICED_WITHIN }).finally(
    close,
  );
}

/** Writes one document again and again, so that it takes room in the journal and hardly any elsewhere. */
function openFiller(uri: string) {
  const short = {
    serverSelectionTimeoutMS: 1_000,
    connectTimeoutMS: 1_000,
    socketTimeoutMS: 2_000,
  };
  const client = new MongoClient(uri, { ...short, retryWrites: false });
  const fillers = client.db().collection<{ _id: string; data: Buffer }>('fillers');
  return {
    async write() {
      const data = randomBytes(FILLER); // which no compression makes smaller
      await fillers.replaceOne({ _id: 'filler' }, { data }, { upsert: true });
    },
    close: () => client.close(),
  };
}

async function freeDisk({ mongod, disk }: OneNodeArena): Promise<void> {
  await disk?.free();
  if (!mongod.isRunning()) await mongod.restart();
}

async function restartDead(servers: readonly ArenaServer[]): Promise<void> {
  await Promise.all(servers.map((server) => server.isRunning() || server.restart()));
}

function anyOf<T>(list: readonly T[]): T {
  return list[Math.floor(Math.random() * list.length)] as T;
}
