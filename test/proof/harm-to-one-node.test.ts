import test, { type ExecutionContext } from 'ava';
import { waitFor } from '../../scripts/dev/wait-for.ts';
import { smallDisk } from '../helpers/small-disk.ts';
import { type OneNode, oneNodeFaults, openOneNode } from './faults/one-node.ts';
import { type OwnWriter, ownWriter } from './own-writer.ts';

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

test('each fault harms one node as it says, is put right, and loses nothing acknowledged', async (t) => {
  const fixture = await open(t);
  const { node, writer } = fixture;
  for (const { name, title, strike, heal } of oneNodeFaults) {
    const shows = SIGNS[name];
    if (!shows || (name === 'full-disk' && !node.disk)) continue;
    await strike(node);
    t.true(await shows(fixture), title);
    await heal(node);
    await writer.untilWritten(`A write after ${title}`);
  }
  t.is(await writer.countLost(), 0);
});
