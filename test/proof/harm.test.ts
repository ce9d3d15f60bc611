import { setTimeout as pause } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { MongoClient, type Timestamp } from 'mongodb';
import { waitFor } from '../../scripts/dev/wait-for.ts';
import { tellsOwners } from '../helpers/proxy/socket-owner.ts';
import type { ReplicaSet } from '../helpers/set/replica-set.ts';
import { smallDisk } from '../helpers/small-disk.ts';
import { openSetDeployment } from './deployment.ts';
import { type OneNode, oneNodeFaults, openOneNode } from './faults/one-node.ts';
import { replicaSetFaults } from './faults/replica-set.ts';

interface Fixture {
  readonly node: OneNode;
  readonly writer: OwnWriter;
}

/** Tells the harm of a fault by its sign while it lasts; the death of a server and silence have none here. */
const SIGNS: Record<string, (fixture: Fixture) => Promise<boolean>> = {
  'kill-mongod': async ({ node }) => !node.mongod.isRunning(),
  'full-disk': async ({ node }) => !node.mongod.isRunning(),
  'slow-connections': async ({ writer }) => {
    const start = performance.now();
    await writer.untilWritten('Another two writes', 2);
    return performance.now() - start > 100; // the second of them began when all was slow
  },
  'cut-connections': async ({ writer }) => {
    const before = writer.countFailures();
    return waitFor('A write that fails', async () => writer.countFailures() > before);
  },
};

async function open(t: ExecutionContext): Promise<Fixture> {
  const disk = await smallDisk(t);
  const isHere = !('reason' in disk);
  if (!isHere) t.log(`The disk is not made full here: ${disk.reason}`);
  const node = await openOneNode(t, isHere ? disk : undefined);
  return { node, writer: await ownWriter(t, node.mongod.uri) };
}

test('each fault harms one node as described, is repaired, and loses nothing acknowledged', async (t) => {
  const fixture = await open(t);
  const { node, writer } = fixture;
  for (const { name, title, strike, heal } of oneNodeFaults) {
    const shows = SIGNS[name];
    if (!shows || (name === 'full-disk' && !node.disk)) continue;
    await strike(node, []);
    t.true(await shows(fixture), title);
    await heal(node, []);
    await writer.untilWritten(`A write after ${title}`);
  }
  t.is(await writer.countLost(), 0);
});

const onLinux = tellsOwners ? test : test.skip;
const LAGGING = { secondaryDelaySecs: 600, priority: 0, votes: 0, hidden: true };

onLinux(
  'each fault makes another member primary, is put right, and loses nothing acknowledged',
  async (t) => {
    const deployment = await openSetDeployment(t, {}, { members: [{}, {}, {}, LAGGING] });
    const { set } = deployment;
    const writer = await ownWriter(t, set.uri);
    for (const { title, strike, heal } of replicaSetFaults) {
      const before = await set.primary();
      await strike(deployment, []);
      t.not(await set.primary(), before, title);
      await heal(deployment, []);
      t.true(await isWhole(set), title);
      await writer.untilWritten(title);
    }
    t.true(writer.countFailures() > 0);
    t.is(await writer.countLost(), 0);
    t.true(await lags(set));
  },
);

/** Returns true where all members agree on the primary, and each is in its role. */
async function isWhole({ members }: ReplicaSet): Promise<boolean> {
  const hellos = await Promise.all(members.map((member) => member.ask({ hello: 1 })));
  const primaries = new Set(hellos.map(({ primary }) => primary));
  return (
    primaries.size === 1 &&
    hellos.every(({ isWritablePrimary, secondary }) => isWritablePrimary || secondary)
  );
}

/** Returns true where the last member is far behind all others and unknown to clients. */
async function lags(set: ReplicaSet): Promise<boolean> {
  const { members } = await (await set.atRest()).ask({ replSetGetStatus: 1 });
  const times = members.map(({ optime }: { optime: { ts: Timestamp } }) => optime.ts.t);
  const last = times.pop();
  return last < Math.min(...times) && !set.uri.includes(set.members.at(-1)?.host as string);
}

type OwnWriter = Awaited<ReturnType<typeof ownWriter>>;

/** Writes one document after another by a majority, whatever happens, and remembers which were acknowledged. */
async function ownWriter(t: ExecutionContext, uri: string) {
  const timeouts = { serverSelectionTimeoutMS: 500, connectTimeoutMS: 1_000 };
  const options = { ...timeouts, socketTimeoutMS: 1_000, retryWrites: false };
  const client = new MongoClient(uri, options);
  t.teardown(() => client.close());
  // A client whose first connection fails never makes another by itself.
  await waitFor('A first connection', () => client.connect());
  const entries = client.db().collection<{ _id: number }>('entries');
  const acknowledged = new Set<number>();
  let [failures, isStopping] = [0, false];

  async function write(): Promise<void> {
    for (let _id = 1; !isStopping; _id += 1) {
      try {
        await entries.insertOne({ _id }, { writeConcern: { w: 'majority', j: true } });
        acknowledged.add(_id);
      } catch {
        failures += 1;
      }
      await pause(5); // leaves the processor to the mongods
    }
  }

  const writing = write();
  const stop = () => {
    isStopping = true;
    return writing;
  };
  t.teardown(stop);
  return {
    countFailures: () => failures,
    /** Waits until so many more writes have been acknowledged. */
    async untilWritten(what: string, more = 1): Promise<void> {
      const enough = acknowledged.size + more;
      await waitFor(what, async () => acknowledged.size >= enough);
    },
    /** Stops, and counts the acknowledged writes that are missing. */
    async countLost(): Promise<number> {
      await stop();
      const found = new Set((await entries.find().toArray()).map(({ _id }) => _id));
      return [...acknowledged].filter((_id) => !found.has(_id)).length;
    },
  };
}
