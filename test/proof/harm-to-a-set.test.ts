import test from 'ava';
import type { Timestamp } from 'mongodb';
import { waitFor } from '../../scripts/dev/wait-for.ts';
import { REPLICA_SET_FAULTS } from '../helpers/faults.ts';
import { tellsOwners } from '../helpers/proxy/socket-owner.ts';
import { ownReplicaSet, type ReplicaSet } from '../helpers/set/replica-set.ts';
import { ownWriter } from './own-writer.ts';

const onLinux = tellsOwners ? test : test.skip;
const LAGGING = { secondaryDelaySecs: 600, priority: 0, votes: 0, hidden: true };

onLinux(
  'each fault makes another member primary, is put right, and loses nothing acknowledged',
  async (t) => {
    const members = [{}, {}, {}, LAGGING];
    const set = await ownReplicaSet(t, { members });
    const writer = await ownWriter(t, set.uri);
    const arena = { set, servers: [] };
    for (const fault of REPLICA_SET_FAULTS) {
      const before = await set.primary();
      await fault.strike(arena);
      t.not(await set.primary(), before, fault.name);
      await fault.heal(arena);
      t.true(await isWhole(set), fault.name);
      const healed = writer.acknowledged();
      await waitFor(fault.name, async () => writer.acknowledged() > healed);
    }
    t.true(writer.failures() > 0);
    t.is(await writer.lost(), 0);
    t.true(await lags(set));
  },
);

/** Whether every member says that it is one, and which is primary. */
async function isWhole({ members }: ReplicaSet): Promise<boolean> {
  const hellos = await Promise.all(members.map((member) => member.ask({ hello: 1 })));
  const primaries = new Set(hellos.map(({ primary }) => primary));
  return (
    primaries.size === 1 &&
    hellos.every(({ isWritablePrimary, secondary }) => isWritablePrimary || secondary)
  );
}

/** Whether the last member is far behind all others, and clients do not hear of it. */
async function lags(set: ReplicaSet): Promise<boolean> {
  const { members } = await (await set.atRest()).ask({ replSetGetStatus: 1 });
  const times = members.map(({ optime }: { optime: { ts: Timestamp } }) => optime.ts.t);
  const last = times.pop();
  return last < Math.min(...times) && !set.uri.includes(set.members.at(-1)?.host as string);
}
