import test from 'ava';
import type { Timestamp } from 'mongodb';
import { tellsOwners } from '../helpers/proxy/socket-owner.ts';
import type { ReplicaSet } from '../helpers/set/replica-set.ts';
import { openSetDeployment } from './deployment.ts';
import { replicaSetFaults, SET_SETTINGS } from './faults/replica-set.ts';
import { ownWriter } from './own-writer.ts';

const onLinux = tellsOwners ? test : test.skip;
const LAGGING = { secondaryDelaySecs: 600, priority: 0, votes: 0, hidden: true };

onLinux(
  'each fault makes another member primary, is put right, and loses nothing acknowledged',
  async (t) => {
    const deployment = await openSetDeployment(t, SET_SETTINGS, { members: [{}, {}, {}, LAGGING] });
    const { set } = deployment;
    const writer = await ownWriter(t, set.uri);
    for (const { title, strike, heal } of replicaSetFaults) {
      const before = await set.primary();
      await strike(deployment);
      t.not(await set.primary(), before, title);
      await heal(deployment);
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
