import { randomUUID } from 'node:crypto';
import {
  errorFunction,
  mean,
  median,
  quantile,
  sampleWithReplacement,
  shuffle,
} from 'simple-statistics';
import { post, type TestServer, testServer } from '../helpers/server.ts';
import { addUser, PASSWORD } from '../helpers/users.ts';
import { UNLIMITED } from './attacks/attack.ts';
import { formatTable, type Section } from './section.ts';

/**
 * Samples of each class in a block, and samples that are not counted before the first. Blocks are taken until
 * the medians are known well enough; on a quiet machine the first one does.
 */
const SIZES = {
  full: { samples: 400, warmUp: 20, mostBlocks: 3 },
  share: { samples: 5, warmUp: 1, mostBlocks: 1 },
} as const;

/**
 * The most by which medians may differ, as a part of the median. An account that is not there and is not
 * checked would be answered in a tenth of the time; one read of the database too many or too few makes some
 * two hundredths at this cost, and a fourth of that at the default cost of 12. Over a network, whose answers
 * scatter by milliseconds, a twentieth (3 ms here) would take hundreds of tries for each address, and the
 * limits let an address have a hundred failures in 15 minutes.
 */
const BOUND = 0.05;

const WRONG = 'not the password, but as long';
const KNOWN = 'a known user';
const OTHERS = ['no user', 'a disabled user', 'a disabled user, password right'] as const;

/** Classes of accounts that an attacker could distinguish. */
const CLASSES = [KNOWN, ...OTHERS] as const;

type Times = Record<(typeof CLASSES)[number], number[]>;

/** Compares the times of refused logins by class: in turns, each in random order, each of new addresses. */
export const enumeration: Section = {
  name: 'enumeration',
  title: 'Telling accounts by the time of a refused login',

  async run({ scope, size, detail }) {
    const { samples, warmUp, mostBlocks } = SIZES[size];
    const server = await testServer(scope, UNLIMITED);
    const times = Object.fromEntries(CLASSES.map((each) => [each, [] as number[]])) as Times;
    for (let turn = 1; turn <= warmUp; turn++) await timeTurn(server);
    let rows: readonly Row[];
    do {
      for (let turn = 1; turn <= samples; turn++) {
        for (const [each, time] of await timeTurn(server)) times[each].push(time);
        detail(`${times[KNOWN].length} turns`);
      }
      rows = compareWithKnown(times);
    } while (!rows.every(isNarrow) && times[KNOWN].length < samples * mostBlocks);
    return { report: print(rows, times[KNOWN]), faults: size === 'full' ? findFaults(rows) : [] };
  },
};

/** Adds a user of every class but `no user`, and times a login of each class, in random order. */
async function timeTurn({ url, collections }: TestServer) {
  const emails = CLASSES.map((each) => [each, `${randomUUID()}@example.com`] as const);
  for (const [each, email] of emails.filter(([name]) => name !== 'no user')) {
    const { id: _id } = await addUser(collections, { email });
    if (each === KNOWN) continue;
    await collections.users.updateOne({ _id }, { $set: { disabled_at: new Date() } });
  }
  const times: [keyof Times, number][] = [];
  for (const [each, email] of shuffle(emails)) {
    const password = each === 'a disabled user, password right' ? PASSWORD : WRONG;
    const started = performance.now();
    const { status } = await post(`${url}/api/auth/login`, { email, password });
    times.push([each, performance.now() - started]);
    if (status !== 401) throw new Error(`A login that has to be refused was answered ${status}`);
  }
  return times;
}

type Row = ReturnType<typeof compareWithKnown>[number];

/** Compares each class with the known user, as parts of the known user's median. */
function compareWithKnown({ [KNOWN]: known, ...others }: Times) {
  const middle = median(known);
  const toParts = (values: readonly number[]) => values.map((value) => value / middle);
  return OTHERS.map((name) => ({ name, ...compare(toParts(known), toParts(others[name])) }));
}

const RESAMPLINGS = 2_000;

/** Compares two samples of some hundreds each. */
export function compare(first: number[], second: number[]) {
  const resample = (values: number[]) => sampleWithReplacement(values, values.length);
  const differ = () => median(resample(second)) - median(resample(first));
  const differences = Array.from({ length: RESAMPLINGS }, differ);
  const pairs = first.flatMap((one) => second.map((two) => (Math.sign(two - one) + 1) / 2));
  const chance = mean(pairs);
  // U is normal for samples as large as these, with variance n·m·(n+m+1)/12; there are no ties to correct for.
  const variance = (pairs.length * (first.length + second.length + 1)) / 12;
  const deviations = (Math.abs(chance - 0.5) * pairs.length) / Math.sqrt(variance);
  return {
    /** Median of the second less that of the first, in the unit of the samples. */
    difference: median(second) - median(first),
    /** The range of that difference in 95 of 100 resamplings (percentile bootstrap). */
    interval: [0.025, 0.975].map((share) => quantile(differences, share)) as [number, number],
    /**
     * The share of pairs in which the value of the second is greater, ties counting half (Mann-Whitney's U by its
     * greatest value): 0.5 where a single time reveals nothing, 1 where it reveals all.
     */
    chance,
    /** Mann-Whitney, two-sided, by the normal approximation: the likelihood of such a U where nothing differs. */
    pValue: 1 - errorFunction(deviations / Math.SQRT2),
  };
}

/** Tells that the difference is known better than it may be. */
function isNarrow({ interval: [low, high] }: Row): boolean {
  return (high - low) / 2 <= BOUND;
}

function findFaults(rows: readonly Row[]): string[] {
  const isKnown = (row: Row) => isNarrow(row) || row.interval[0] > 0 || row.interval[1] < 0;
  return rows
    .filter((row) => Math.abs(row.difference) > BOUND && isKnown(row))
    .map(({ name, difference }) => `${name}: ${toPercent(difference)} from ${KNOWN}.`);
}

const toPercent = (part: number) => `${(part * 100).toFixed(1)} %`;

function print(rows: readonly Row[], known: readonly number[]): string[] {
  const busy = 'The machine was too busy to know the differences that well.';
  const table = formatTable(rows, [
    ['compared with it', ({ name }) => name],
    ['difference of medians', ({ difference }) => toPercent(difference)],
    ['95 % interval', ({ interval }) => interval.map(toPercent).join(' to ')],
    ['chance that one time is longer', ({ chance }) => chance.toFixed(3)],
    ['Mann-Whitney p', ({ pValue }) => pValue.toPrecision(2)],
  ]);
  return [
    `bcrypt cost 10, ${known.length} samples of each, one after another in random turns; ${KNOWN}, wrong password: median ${median(known).toFixed(1)} ms. The medians may differ by ${toPercent(BOUND)}.`,
    ...(rows.every(isNarrow) ? [] : [busy]),
    ...['', ...table.split('\n')],
  ];
}
