import { randomUUID } from 'node:crypto';
import type { Scope } from '../helpers/scope.ts';
import { post, testServer } from '../helpers/server.ts';
import { addUser, PASSWORD } from '../helpers/users.ts';
import { UNLIMITED } from './attacks/attack.ts';
import { type Comparison, compare } from './enumeration/statistics.ts';
import type { Finding, Section, Size } from './section.ts';

interface Sizes {
  /** Samples of each class in a block. */
  readonly samples: number;
  /** Before the first block, and not counted. */
  readonly warmUp: number;
  /** Blocks are taken until the medians are known well enough; on a quiet machine the first one does. */
  readonly mostBlocks: number;
}

const SIZES: Readonly<Record<Size, Sizes>> = {
  full: { samples: 400, warmUp: 20, mostBlocks: 3 },
  share: { samples: 5, warmUp: 1, mostBlocks: 1 },
};

/**
 * The most by which medians may differ, as a part of the median. An account that is not there and is not
 * checked would be answered in a tenth of the time; one read of the database too many or too few makes some
 * two hundredths at this cost, and a fourth of that at the default cost of 12. Over a network, whose answers
 * scatter by milliseconds, a twentieth (3 ms here) would take hundreds of tries for each address, and the
 * limits let an address have a hundred failures in 15 minutes.
 */
const BOUND = 0.05;

const WRONG = 'not the password, but as long';

/** What an attacker would tell apart. Each sample is of an address that was never asked about. */
const KNOWN = 'a known user';
const OTHERS = ['no user', 'a disabled user', 'a disabled user, password right'] as const;
const CLASSES = [KNOWN, ...OTHERS] as const;

type Class = (typeof CLASSES)[number];

/** Whether the time of a refused login tells if there is such an account: in sequence, in turns, in random order. */
export const enumeration: Section = {
  name: 'enumeration',
  title: 'Telling accounts by the time of a refused login',

  async run({ owner, size, detail }) {
    const { samples, warmUp, mostBlocks } = SIZES[size];
    const { url, addTurn } = await openScene(owner);
    const times = new Map<Class, number[]>(CLASSES.map((each) => [each, []]));
    const most = warmUp + samples * mostBlocks;
    let compared = compareAll(times);
    for (let turn = 0; turn < most && !compared.every(isNarrow); turn++) {
      const addresses = await addTurn();
      for (const each of shuffled(CLASSES)) {
        const time = await timeOfLogin(url, addresses(each), each);
        if (turn >= warmUp) times.get(each)?.push(time);
      }
      detail(`${turn + 1} turns`);
      if ((turn + 1 - warmUp) % samples === 0) compared = compareAll(times);
    }
    return findingOf(compared, times, size);
  },
};

/** One class against the first, as parts of the first one's median. */
interface Row extends Comparison {
  readonly each: Class;
}

function compareAll(times: ReadonlyMap<Class, readonly number[]>): readonly Row[] {
  const first = times.get(KNOWN) ?? [];
  const middle = median(first);
  const parts = (values: readonly number[]) => values.map((value) => value / middle);
  return OTHERS.map((each) => ({ each, ...compare(parts(first), parts(times.get(each) ?? [])) }));
}

/** Whether the difference is known better than it may be. */
function isNarrow({ interval: [low, high] }: Comparison): boolean {
  return (high - low) / 2 <= BOUND;
}

/** A server, and what adds the users of another turn: each address is asked about once. */
async function openScene(owner: Scope) {
  const server = await testServer(owner, UNLIMITED);
  const { users } = server.collections;

  async function addTurn() {
    const turn = randomUUID();
    const addresses = (each: Class) => `${CLASSES.indexOf(each)}.${turn}@example.com`;
    for (const each of CLASSES.filter((other) => other !== 'no user')) {
      const { id: _id } = await addUser(server.collections, { email: addresses(each) });
      if (each === KNOWN) continue;
      await users.updateOne({ _id }, { $set: { disabled_at: new Date() } });
    }
    return addresses;
  }

  return { url: server.url, addTurn };
}

async function timeOfLogin(url: string, email: string, each: Class): Promise<number> {
  const password = each === 'a disabled user, password right' ? PASSWORD : WRONG;
  const started = performance.now();
  const { status } = await post(`${url}/api/auth/login`, { email, password });
  const took = performance.now() - started;
  if (status !== 401) throw new Error(`A login that has to be refused was answered ${status}`);
  return took;
}

function shuffled<T>(values: readonly T[]): T[] {
  return values
    .map((value) => ({ value, at: Math.random() }))
    .sort((one, two) => one.at - two.at)
    .map(({ value }) => value);
}

function findingOf(
  rows: readonly Row[],
  times: ReadonlyMap<Class, readonly number[]>,
  size: Size,
): Finding {
  const first = times.get(KNOWN) ?? [];
  const isTold = ({ interval: [low, high] }: Row) => low > 0 || high < 0;
  const isBeyond = (row: Row) => Math.abs(row.difference) > BOUND && (isNarrow(row) || isTold(row));
  return {
    report: [
      `bcrypt cost 10, ${first.length} samples of each, one after another in random turns; ${KNOWN}, wrong password: median ${median(first).toFixed(1)} ms. The medians may differ by ${percent(BOUND)}.`,
      ...(rows.every(isNarrow)
        ? []
        : ['The machine was too busy to know the differences that well.']),
      '',
      '| compared with it | difference of medians | 95 % interval | chance that one time is longer | Mann-Whitney p |',
      '|---|---:|---:|---:|---:|',
      ...rows.map(({ each, difference, interval, chance, pValue }) => {
        const between = interval.map(percent).join(' to ');
        const tests = [chance.toFixed(3), pValue.toPrecision(2)];
        return `| ${[each, percent(difference), between, ...tests].join(' | ')} |`;
      }),
    ],
    faults: rows
      .filter((row) => size === 'full' && isBeyond(row))
      .map(({ each, difference }) => `${each}: ${percent(difference)} from ${KNOWN}.`),
  };
}

function percent(part: number): string {
  return `${(part * 100).toFixed(1)} %`;
}
