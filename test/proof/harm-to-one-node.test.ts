import test, { type ExecutionContext } from 'ava';
import { waitFor } from '../../scripts/dev/wait-for.ts';
import { ONE_NODE_FAULTS, type OneNodeArena } from '../helpers/faults.ts';
import { proxiedMongod } from '../helpers/mongod.ts';
import { smallDisk } from '../helpers/small-disk.ts';
import { type OwnWriter, ownWriter } from './own-writer.ts';

interface Scene {
  readonly arena: OneNodeArena;
  readonly writer: OwnWriter;
}

/** Says by what the harm of a fault shows while it lasts; "kill -9 of the server" needs a server, and is not here. */
const SIGNS: Record<string, (scene: Scene) => Promise<boolean>> = {
  'kill -9 of mongod': async ({ arena }) => !arena.mongod.isRunning(),
  'full disk': async ({ arena }) => !arena.mongod.isRunning(),
  'slow connections': async ({ writer }) => {
    const start = performance.now();
    const before = writer.acknowledged();
    await waitFor('Another two writes', async () => writer.acknowledged() > before + 1);
    return performance.now() - start > 100; // the second of them began when all was slow
  },
  'cut connections': async ({ writer }) => {
    const before = writer.failures();
    return waitFor('A write that fails', async () => writer.failures() > before);
  },
};

async function scene(t: ExecutionContext): Promise<Scene> {
  const disk = await smallDisk(t);
  const has = 'reason' in disk ? undefined : disk;
  if ('reason' in disk) t.log(`The disk is not made full here: ${disk.reason}`);
  const mongod = await proxiedMongod(t, has && { dataFolder: has.folder, args: has.mongodArgs });
  const writer = await ownWriter(t, mongod.uri);
  return { arena: { mongod, servers: [], ...(has && { disk: has }) }, writer };
}

test('each fault harms one node as it says, is put right, and loses nothing acknowledged', async (t) => {
  const both = await scene(t);
  const { arena, writer } = both;
  for (const fault of ONE_NODE_FAULTS) {
    const shows = SIGNS[fault.name];
    if (!shows || (fault.needsSmallDisk && !arena.disk)) continue;
    await fault.strike(arena);
    t.true(await shows(both), fault.name);
    await fault.heal(arena);
    const before = writer.acknowledged();
    await waitFor(`A write after ${fault.name}`, async () => writer.acknowledged() > before);
  }
  t.is(await writer.lost(), 0);
});
