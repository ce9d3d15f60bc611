import { setTimeout as pause } from 'node:timers/promises';
import { type Collection, MongoClient } from 'mongodb';
import type { Scope } from '../helpers/scope.ts';
import { ownReplicaSet, type ReplicaSet } from '../helpers/set/replica-set.ts';
import { splitBrain } from '../helpers/set/split-brain.ts';
import { formatTable, type Section } from './section.ts';

const BREAKS = [
  {
    name: 'cut off, another elected at once',
    catchUpTimeoutMillis: 0,
    mustBeStale: true, // or nothing was shown
    strike: splitBrain,
  },
  {
    name: 'cut off, the set left to itself',
    catchUpTimeoutMillis: -1, // MongoDB's default
    mustBeStale: false,
    async strike(set: ReplicaSet) {
      const old = await set.primary();
      set.cutOff(old);
      return set.primaryAfter(old);
    },
  },
] as const;
const TRIES = 50;

type Break = (typeof BREAKS)[number];

/** Measures by the bare driver how long a primary that was cut off answers reads with old data. */
export const stalePrimary: Section = {
  name: 'stale-primary',
  title: 'A primary that was cut off answers with old data, but never a linearizable read',
  async run({ scope, size, detail }) {
    const breaks = size === 'share' ? BREAKS.slice(0, 1) : BREAKS;
    const measured = [];
    for (const each of breaks) {
      detail(each.name);
      measured.push(await measure(scope, each));
    }
    return {
      report: [
        formatTable(measured, [
          ['break', ({ name }) => name],
          ['written by a majority after', ({ writtenAfter }) => `${Math.round(writtenAfter)} ms`],
          ['plain reads without that write', ({ staleAnswers }) => staleAnswers],
          ['for', ({ staleFor }) => `${Math.round(staleFor)} ms`],
          ['linearizable reads answered', ({ linearizableAnswers }) => linearizableAnswers],
          ['refused', ({ linearizableRefusals }) => linearizableRefusals],
        ]),
      ],
      faults: measured
        .filter(({ linearizableAnswers }) => linearizableAnswers > 0)
        .map(({ name }) => `${name}: the old primary answered a linearizable read`),
    };
  },
};

/** Measures again while nothing was shown: on a busy machine the old primary may step down before it is read. */
async function measure(scope: Scope, each: Break) {
  const set = await ownReplicaSet(scope, each);
  for (let left = TRIES; left > 0; left--) {
    const result = await breakOnce(scope, set, each);
    if (!each.mustBeStale || result.staleAnswers + result.linearizableAnswers > 0) return result;
  }
  throw new Error(`${each.name}: none of ${TRIES} breaks was shown`);
}

/**
 * Breaks the set, writes by a majority to the new primary, reads as a client that reaches only the old one
 * until that refuses, and heals the set. Times are milliseconds.
 */
async function breakOnce(scope: Scope, set: ReplicaSet, { name, strike }: Break) {
  const entries = openEntries(scope, set.uri);
  const _id = `revoked ${performance.now()}`;
  await entries.findOne({ _id });
  set.reachOnly(process.pid, await set.primary());
  const broken = performance.now();
  const { port } = await strike(set);
  const onNext = openEntries(scope, `mongodb://127.0.0.1:${port}/rescind?directConnection=true`);
  await onNext.insertOne({ _id }, { writeConcern: { w: 'majority', j: true } });
  const written = performance.now();
  const counts = { staleAnswers: 0, staleFor: 0, linearizableAnswers: 0, linearizableRefusals: 0 };
  for (;;) {
    const answer = await entries.findOne({ _id }).catch(() => 'refused' as const);
    if (answer === 'refused') break;
    if (answer !== null) throw new Error('A client of the old primary reached the new one');
    counts.staleAnswers++;
    counts.staleFor = performance.now() - written;
    await entries.findOne({ _id }, { readConcern: 'linearizable', maxTimeMS: 200 }).then(
      () => counts.linearizableAnswers++,
      () => counts.linearizableRefusals++,
    );
    await pause(20);
  }
  await set.heal();
  return { name, writtenAfter: written - broken, ...counts };
}

/** Connects with short timeouts: the clients are left alone with a silent network. */
function openEntries(scope: Scope, uri: string): Collection<{ _id: string }> {
  const timeouts = { serverSelectionTimeoutMS: 1_000, connectTimeoutMS: 1_000 };
  const client = new MongoClient(uri, { ...timeouts, socketTimeoutMS: 20_000 });
  scope.teardown(() => client.close());
  return client.db().collection('entries');
}
