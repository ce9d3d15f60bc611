import { randomUUID } from 'node:crypto';
import { median } from '../../scripts/bench/statistics.ts';
import type { Owner } from '../helpers/owner.ts';
import { post, testServer } from '../helpers/server.ts';
import { addUser, PASSWORD } from '../helpers/users.ts';
import { type Comparison, compare } from './enumeration/statistics.ts';
import type { Section, Size } from './section.ts';

/** Of each class, so that the medians are known to about a hundredth on a quiet machine. */
const SAMPLES: Readonly<Record<Size, number>> = { full: 400, share: 5 };
const WARM_UP: Readonly<Record<Size, number>> = { full: 20, share: 1 };

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
const CLASSES = [
  'a known user',
  'no user',
  'a disabled user',
  'a disabled user, password right',
] as const;

type Class = (typeof CLASSES)[number];

/** Whether the time of a refused login tells if there is such an account: in sequence, in turns, in random order. */
export const enumeration: Section = {
  name: 'enumeration',
  title: 'Telling accounts by the time of a refused login',

  async run({ owner, size, detail }) {
    const [warmUp, turns] = [WARM_UP[size], WARM_UP[size] + SAMPLES[size]];
    const { url, addresses } = await openScene(owner, turns);
    const times = new Map<Class, number[]>(CLASSES.map((each) => [each, []]));
    for (let turn = 0; turn < turns; turn++) {
      for (const each of shuffled(CLASSES)) {
        const time = await timeOfLogin(url, addresses(each, turn), each);
        if (turn >= warmUp) times.get(each)?.push(time);
      }
      detail(`${turn + 1} of ${turns} turns`);
    }
    return findingOf(times, size);
  },
};

async function openScene(owner: Owner, count: number) {
  const unlimited = '999999/1d';
  const server = await testServer(owner, {
    LOGIN_FAILURES_PER_ACCOUNT: unlimited,
    LOGIN_FAILURES_PER_ADDRESS: unlimited,
    LOGIN_FAILURES_ANYWHERE: unlimited,
  });
  const run = randomUUID();
  const addresses = (each: Class, turn: number) =>
    `${CLASSES.indexOf(each)}.${turn}.${run}@example.com`;
  for (let turn = 0; turn < count; turn++) {
    for (const each of CLASSES.filter((other) => other !== 'no user')) {
      await addUser(server.collections, { email: addresses(each, turn) });
    }
  }
  const disabled = { email: { $regex: '^[23]\\.' } };
  await server.collections.users.updateMany(disabled, { $set: { disabled_at: new Date() } });
  return { url: server.url, addresses };
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

function findingOf(times: ReadonlyMap<Class, readonly number[]>, size: Size) {
  const [known, ...others] = CLASSES;
  const first = times.get(known) ?? [];
  const middle = median(first);
  const compared = others.map((each) => ({ each, ...compare(first, times.get(each) ?? []) }));
  const isBeyond = ({ difference }: Comparison) => Math.abs(difference) > BOUND * middle;
  return {
    report: [
      `bcrypt cost 10, ${first.length} samples of each, one after another in random turns; ${known}, wrong password: median ${middle.toFixed(1)} ms. The medians may differ by ${BOUND * 100} %.`,
      '',
      '| compared with it | difference of medians | 95 % interval | chance that one time is longer | Mann-Whitney p |',
      '|---|---:|---:|---:|---:|',
      ...compared.map((row) => rowOf(row.each, row, middle)),
    ],
    faults: compared
      .filter((row) => size === 'full' && isBeyond(row))
      .map(({ each, difference }) => `${each}: ${percent(difference, middle)} from ${known}.`),
  };
}

function rowOf(each: Class, { difference, interval, chance, pValue }: Comparison, middle: number) {
  const [low, high] = interval.map((bound) => percent(bound, middle));
  const cells = [
    each,
    `${difference.toFixed(2)} ms (${percent(difference, middle)})`,
    `${low} to ${high}`,
    chance.toFixed(3),
    pValue.toPrecision(2),
  ];
  return `| ${cells.join(' | ')} |`;
}

function percent(difference: number, middle: number): string {
  return `${((difference / middle) * 100).toFixed(2)} %`;
}
