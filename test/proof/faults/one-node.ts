/** Faults of a MongoDB of one node and of the servers on it. */
import { randomBytes } from 'node:crypto';
import { MongoClient } from 'mongodb';
import { SECOND } from '../../../lib/time.ts';
import { waitFor } from '../../../scripts/dev/wait-for.ts';
import { proxiedMongod } from '../../helpers/mongod.ts';
import { createCommandTap } from '../../helpers/proxy/command-tap.ts';
import type { Range, Treatment } from '../../helpers/proxy/connection.ts';
import type { Scope } from '../../helpers/scope.ts';
import { type SmallDisk, smallDisk } from '../../helpers/small-disk.ts';
import { FOLLOWING, openDeployment } from '../deployment.ts';
import { DEFAULTS, type Fault, NotHere } from '../fault.ts';
import { pickRandom } from '../requests.ts';

export type OneNode = Awaited<ReturnType<typeof openOneNode>>;

/** Delay of each piece, each way: a check with a short REQUEST_DEADLINE exceeds it. */
const SLOW: Range = [50, 400];
/** Bytes after which a connection is cut: in its greeting, a command or an answer, or some commands later. */
const CUT: Range = [100, 20_000];

const NODE_DEFAULTS = { ...DEFAULTS, open: (scope: Scope) => openOneNode(scope) };

export const oneNodeFaults: readonly Fault<OneNode>[] = [
  {
    ...NODE_DEFAULTS,
    name: 'kill-mongod',
    title: 'kill -9 of mongod',
    rounds: 25,
    strike: ({ mongod }) => mongod.kill(),
    heal: ({ mongod }) => mongod.restart(),
  },
  {
    ...NODE_DEFAULTS,
    name: 'kill-server',
    title: 'kill -9 of the server',
    mayBreakOff: true,
    strike: ({ servers }) => pickRandom(servers).kill(),
    heal: ({ servers }) =>
      Promise.all(servers.map((server) => server.isRunning() || server.restart())),
  },
  throughProxy('slow connections', { delay: SLOW }, [2 * SECOND, 3 * SECOND]),
  throughProxy('cut connections', { cutAfter: CUT }, [2 * SECOND, 3 * SECOND]),
  throughProxy('silent connections', 'hole', [0, 4 * SECOND]),
  {
    ...NODE_DEFAULTS,
    name: 'full-disk',
    title: 'full disk',
    rounds: 10,
    async open(scope) {
      const disk = await smallDisk(scope);
      if ('reason' in disk) throw new NotHere(disk.reason);
      return openOneNode(scope, disk);
    },
    strike: fillDisk,
    async heal({ mongod, disk }) {
      await disk?.free();
      if (!mongod.isRunning()) await mongod.restart();
    },
  },
];

function throughProxy(title: string, treatment: Treatment, lasts: Range): Fault<OneNode> {
  return {
    ...{ ...NODE_DEFAULTS, name: title.replace(' ', '-'), title, lasts },
    strike: async ({ mongod }) => mongod.proxy.treat(treatment),
    heal: async ({ mongod }) => mongod.proxy.treat('pass'),
  };
}

/** Starts two servers on a mongod behind a proxy, which may live on a small disk. */
export async function openOneNode(scope: Scope, disk?: SmallDisk) {
  const tap = createCommandTap();
  const options = disk && { dataFolder: disk.folder, args: disk.mongodArgs };
  const mongod = await proxiedMongod(scope, { ...options, openRelay: tap.openRelay });
  return { ...(await openDeployment(scope, mongod.uri, FOLLOWING)), mongod, tap, disk };
}

/** Size of a write for the journal, of which 3 MB are laid out. */
const FILLER = 128 * 1024;

/**
 * Fills the disk and writes until mongod aborts: at the first write that does not fit into its journal. The
 * servers' own writes would take a minute to get there.
 */
async function fillDisk({ mongod, disk }: OneNode): Promise<void> {
  if (!disk) throw new Error('A full disk takes a small one');
  await disk.fill();
  const client = new MongoClient(mongod.uri, {
    serverSelectionTimeoutMS: SECOND,
    connectTimeoutMS: SECOND,
    socketTimeoutMS: 2 * SECOND,
    retryWrites: false,
  });
  const fillers = client.db().collection<{ _id: string; data: Buffer }>('fillers');
  const fillJournal = async () => {
    while (mongod.isRunning()) {
      const data = randomBytes(FILLER); // which cannot be compressed
      await fillers.replaceOne({ _id: 'filler' }, { data }, { upsert: true });
    }
    return true;
  };
  await waitFor('A mongod that has met the full disk', fillJournal).finally(() => client.close());
}
