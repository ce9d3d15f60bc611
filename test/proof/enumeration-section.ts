import { randomUUID } from 'node:crypto';
import { post, type TestServer, testServer } from '../helpers/server.ts';
import { addUser, PASSWORD } from '../helpers/users.ts';
import { UNLIMITED } from './attacks/attack.ts';
import { type Comparison, compare, median } from './enumeration/statistics.ts';
import { type Column, formatTable } from './format-table.ts';
import type { Section, Size } from './section.ts';

interface Sizes {
  /** Samples of each class in a block. */
  readonly samples: number;
  /** Samples before the first block that are not counted. */
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
const KNOWN = 'a known user';

/** Classes of accounts that an attacker could tell apart, each with the password of its logins. */
const PASSWORDS = {
  [KNOWN]: WRONG,
  'no user': WRONG,
  'a disabled user': WRONG,
  'a disabled user, password right': PASSWORD,
} as const;

type Class = keyof typeof PASSWORDS;
type Times = Readonly<Record<Class, number[]>>;
const CLASSES = Object.keys(PASSWORDS) as Class[];

/** Compares the times of refused logins by class: in turns, each in random order, each of new addresses. */
export const enumeration: Section = {
  name: 'enumeration',
  title: 'Telling accounts by the time of a refused login',

  async run({ scope, size, detail }) {
    const { samples, warmUp, mostBlocks } = SIZES[size];
    const server = await testServer(scope, UNLIMITED);
    const empty = CLASSES.map((each): [Class, number[]] => [each, []]);
    const times = Object.fromEntries(empty) as Record<Class, number[]>;
    let rows = compareWithKnown(times);
    for (let turn = 1; turn <= warmUp + samples * mostBlocks; turn++) {
      const measured = await timeTurn(server);
      detail(`${turn} turns`);
      if (turn <= warmUp) continue;
      for (const [each, time] of measured) times[each].push(time);
      if ((turn - warmUp) % samples === 0) rows = compareWithKnown(times);
      if (rows.every(isNarrow)) break;
    }
    const faults = size === 'full' ? findFaults(rows) : [];
    return { report: print(rows, times[KNOWN]), faults };
  },
};

/** Adds a user of every class but `no user`, and times a login of each class, in random order. */
async function timeTurn({ url, collections }: TestServer): Promise<[Class, number][]> {
  const turn = randomUUID();
  const emails = CLASSES.map((each, index) => [each, `${index}.${turn}@example.com`] as const);
  for (const [each, email] of emails.filter(([name]) => name !== 'no user')) {
    const { id: _id } = await addUser(collections, { email });
    if (each === KNOWN) continue;
    await collections.users.updateOne({ _id }, { $set: { disabled_at: new Date() } });
  }
  const times: [Class, number][] = [];
  for (const [each, email] of shuffle(emails)) {
    times.push([each, await timeLogin(url, email, PASSWORDS[each])]);
  }
  return times;
}

async function timeLogin(url: string, email: string, password: string): Promise<number> {
  const started = performance.now();
  const { status } = await post(`${url}/api/auth/login`, { email, password });
  const time = performance.now() - started;
  if (status !== 401) throw new Error(`A login that has to be refused was answered ${status}`);
  return time;
}

function shuffle<T>(values: readonly T[]): T[] {
  return values
    .map((value) => ({ value, order: Math.random() }))
    .sort((one, other) => one.order - other.order)
    .map(({ value }) => value);
}

/** One class compared with the known user, as parts of the known user's median. */
interface Row extends Comparison {
  readonly name: Class;
}

function compareWithKnown(times: Times): readonly Row[] {
  const known = times[KNOWN];
  const toParts = (values: readonly number[]) => values.map((value) => value / median(known));
  return CLASSES.filter((each) => each !== KNOWN).map((name) => {
    return { name, ...compare(toParts(known), toParts(times[name])) };
  });
}

/** Tells that the difference is known better than it may be. */
function isNarrow({ interval: [low, high] }: Comparison): boolean {
  return (high - low) / 2 <= BOUND;
}

function findFaults(rows: readonly Row[]): string[] {
  const isKnown = (row: Row) => isNarrow(row) || row.interval[0] > 0 || row.interval[1] < 0;
  return rows
    .filter((row) => Math.abs(row.difference) > BOUND && isKnown(row))
    .map(({ name, difference }) => `${name}: ${toPercent(difference)} from ${KNOWN}.`);
}

const toPercent = (part: number) => `${(part * 100).toFixed(1)} %`;

const COLUMNS: readonly Column<Row>[] = [
  ['compared with it', ({ name }) => name],
  ['difference of medians', ({ difference }) => toPercent(difference)],
  ['95 % interval', ({ interval }) => interval.map(toPercent).join(' to ')],
  ['chance that one time is longer', ({ chance }) => chance.toFixed(3)],
  ['Mann-Whitney p', ({ pValue }) => pValue.toPrecision(2)],
];

function print(rows: readonly Row[], known: readonly number[]): string[] {
  const busy = 'The machine was too busy to know the differences that well.';
  return [
    `bcrypt cost 10, ${known.length} samples of each, one after another in random turns; ${KNOWN}, wrong password: median ${median(known).toFixed(1)} ms. The medians may differ by ${toPercent(BOUND)}.`,
    ...(rows.every(isNarrow) ? [] : [busy]),
    '',
    ...formatTable(rows, COLUMNS).split('\n'),
  ];
}
