import type { Member } from '../helpers/set/member.ts';
import { ownReplicaSet, type ReplicaSet } from '../helpers/set/replica-set.ts';
import { splitBrain } from '../helpers/set/split-brain.ts';
import type { Finding, Section, Surroundings } from './section.ts';
import { type Staleness, staleness } from './stale-primary.ts';

interface Break {
  readonly name: string;
  /** -1 is MongoDB's default. */
  readonly catchUpTimeoutMillis: number;
  /** Whether the old primary has to answer without the last write: without that the break does no harm. */
  readonly mustBeStale: boolean;
  readonly strike: (set: ReplicaSet) => Promise<Member>;
}

const SPLIT: Break = {
  name: 'cut off, another elected at once',
  catchUpTimeoutMillis: 0,
  mustBeStale: true,
  strike: splitBrain,
};
const LEFT_ALONE: Break = {
  name: 'cut off, the set left to itself',
  catchUpTimeoutMillis: -1,
  mustBeStale: false,
  async strike(set) {
    const old = await set.primary();
    set.cutOff(old);
    return set.primaryAfter(old);
  },
};

/** That a primary cut off from its majority answers reads with old data, by the bare driver: what the rest of the proof is up against. */
export const stalePrimary: Section = {
  name: 'stale-primary',
  title: 'A primary that was cut off answers with old data, but never a linearizable read',
  async run(surroundings) {
    const breaks = surroundings.size === 'share' ? [SPLIT] : [SPLIT, LEFT_ALONE];
    const findings: Finding[] = [];
    for (const each of breaks) findings.push(await measure(surroundings, each));
    return {
      report: [
        '| break | written by a majority after | plain reads without that write | for | linearizable reads answered | refused |',
        '|---|--:|--:|--:|--:|--:|',
        ...findings.flatMap(({ report }) => report),
      ],
      faults: findings.flatMap(({ faults }) => faults),
    };
  },
};

async function measure({ owner, detail }: Surroundings, each: Break): Promise<Finding> {
  detail(each.name);
  const set = await ownReplicaSet(owner, each);
  const seen = await staleness(owner, set, each.strike);
  const { staleAnswers, linearizableAnswers, linearizableRefusals } = seen;
  const cells = [each.name, ms(seen.writtenAfter), staleAnswers, ms(seen.staleFor)];
  const row = [...cells, linearizableAnswers, linearizableRefusals].join(' | ');
  return { report: [`| ${row} |`], faults: faultsOf(each, seen) };
}

function faultsOf({ name, mustBeStale }: Break, seen: Staleness): string[] {
  const harmless = mustBeStale && seen.staleAnswers === 0;
  return [
    ...(harmless ? [`${name}: the old primary answered nothing, so nothing was shown`] : []),
    ...(seen.linearizableAnswers > 0
      ? [`${name}: the old primary answered a linearizable read`]
      : []),
  ];
}

function ms(value: number): string {
  return `${Math.round(value)} ms`;
}
