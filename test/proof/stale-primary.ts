import { setTimeout as sleep } from 'node:timers/promises';
import { type Collection, MongoClient } from 'mongodb';
import type { Scope } from '../helpers/scope.ts';
import type { Member } from '../helpers/set/member.ts';
import type { ReplicaSet } from '../helpers/set/replica-set.ts';

/** What a client that reaches only the old primary was told after the new one had acknowledged a write. */
export interface Staleness {
  /** Milliseconds from the break until the new primary had acknowledged a write by a majority. */
  readonly writtenAfter: number;
  /** How often the old primary answered a plain read without that write, and for how many milliseconds. */
  readonly staleAnswers: number;
  readonly staleFor: number;
  /** How often it answered a linearizable read, which it must not, and how often it did not. */
  readonly linearizableAnswers: number;
  readonly linearizableRefusals: number;
}

interface Entry {
  _id: string;
}

/** Cuts the primary off, has a new one elected, writes there, and reads from the old one; then heals the set. */
export async function staleness(
  owner: Scope,
  set: ReplicaSet,
  breakIt: (set: ReplicaSet) => Promise<Member>,
): Promise<Staleness> {
  const old = await set.primary();
  const entries = open(owner, set.uri);
  const _id = `revoked ${performance.now()}`;
  await entries.findOne({ _id });
  set.reachOnly(process.pid, old);
  const broken = performance.now();
  const next = await breakIt(set);
  const onNext = open(owner, `mongodb://127.0.0.1:${next.port}/rescind?directConnection=true`);
  await onNext.insertOne({ _id }, { writeConcern: { w: 'majority', j: true } });
  const written = performance.now();
  const read = await readUntilRefused(entries, _id, written);
  await set.heal();
  return { writtenAfter: written - broken, ...read };
}

/** The time-outs are short, because the clients are left alone with a silent network. */
function open(owner: Scope, uri: string): Collection<Entry> {
  const short = { serverSelectionTimeoutMS: 1_000, connectTimeoutMS: 1_000 };
  const client = new MongoClient(uri, { ...short, socketTimeoutMS: 20_000 });
  owner.teardown(() => client.close());
  return client.db().collection<Entry>('entries');
}

async function readUntilRefused(entries: Collection<Entry>, _id: string, written: number) {
  let [staleAnswers, staleFor, linearizableAnswers, linearizableRefusals] = [0, 0, 0, 0];
  for (;;) {
    const answer = await entries.findOne({ _id }).catch(() => 'refused' as const);
    if (answer === 'refused') break;
    if (answer !== null)
      throw new Error('A client that should be left with the old primary reached the new one');
    staleAnswers += 1;
    staleFor = performance.now() - written;
    const strict = { readConcern: 'linearizable', maxTimeMS: 200 } as const;
    await entries.findOne({ _id }, strict).then(
      () => (linearizableAnswers += 1),
      () => (linearizableRefusals += 1),
    );
    await sleep(20);
  }
  return { staleAnswers, staleFor, linearizableAnswers, linearizableRefusals };
}
