/** What a strict check is to cost at most, and whether it does. */
import { HOT_AT_50 } from '../loads.ts';
import type { Results } from '../results.ts';
import { type Figure, figureOf } from '../statistics.ts';
import { endpointRatio } from './endpoint-table.ts';
import { NOT_MEASURED, ratio } from './format.ts';
import { markdownTable } from './markdown-table.ts';
import { byRound, p50, perSecond, ratioBetween, readsPerRequest } from './select.ts';

interface Target {
  readonly text: string;
  readonly goal: { readonly atLeast: number } | { readonly atMost: number };
  readonly reached: (results: Results) => Figure | undefined;
}

const COLD_AT_50 = { load: '50 connections', pattern: 'cold' } as const;
const ONE_CONNECTION = { load: '1 connection', pattern: 'hot' } as const;

/** Requests/s of one row over those of another one. */
function throughput(above: string, below: string, measure: typeof HOT_AT_50 | typeof COLD_AT_50) {
  return (results: Results) =>
    ratioBetween(results, { row: above, ...measure }, { row: below, ...measure }, perSecond);
}

const MOST_MEMORY_MB = 100;
const REMEMBERED = 100_000;

const TARGETS: readonly Target[] = [
  {
    text: "strict, hot ÷ the same with revocation answering 'no'",
    goal: { atLeast: 0.9 },
    reached: throughput('strict', 'no-revocation', HOT_AT_50),
  },
  {
    text: 'strict, hot ÷ bare Koa JSON',
    goal: { atLeast: 0.75 },
    reached: throughput('strict', 'bare', HOT_AT_50),
  },
  {
    text: 'strict, hot ÷ koa-jwt + ioredis + user load as documented',
    goal: { atLeast: 6 },
    reached: throughput('strict', 'koa-jwt-redis-documented', HOT_AT_50),
  },
  {
    text: 'strict, hot ÷ koa-jwt + ioredis + batched user load',
    goal: { atLeast: 2 },
    reached: throughput('strict', 'koa-jwt-redis-batched', HOT_AT_50),
  },
  {
    text: 'strict, no user load, hot ÷ koa-jwt + ioredis, no user load',
    goal: { atLeast: 1.5 },
    reached: throughput('strict-no-user', 'koa-jwt-redis-none', HOT_AT_50),
  },
  {
    text: 'strict, cold ÷ koa-jwt + ioredis + batched user load',
    goal: { atLeast: 0.9 },
    reached: throughput('strict', 'koa-jwt-redis-batched', COLD_AT_50),
  },
  {
    text: 'p50 at 1 connection, strict ÷ koa-jwt + ioredis + user load',
    goal: { atMost: 1.1 },
    reached: (results) =>
      ratioBetween(
        results,
        { row: 'strict', ...ONE_CONNECTION },
        { row: 'koa-jwt-redis-documented', ...ONE_CONNECTION },
        p50,
      ),
  },
  {
    text: 'throughput with 10 M revoked ÷ with 1 k',
    goal: { atLeast: 0.95 },
    reached: throughput('revoked-10000000', 'revoked-1000', HOT_AT_50),
  },
  {
    text: 'reads at the database per request, 200 connections',
    goal: { atMost: 0.05 },
    reached: (results) => {
      const selection = { row: 'strict', load: '200 connections', pattern: 'hot' } as const;
      const reads = figureOf(
        byRound(results, selection, readsPerRequest).map(({ value }) => value),
      );
      return reads && { ...reads, isUnsteady: false }; // a count, not a ratio of two rates
    },
  },
  {
    text: 'introspection ÷ /me, same server, 50 connections',
    goal: { atLeast: 0.8 },
    reached: (results) => endpointRatio(results, 'introspect'),
  },
  {
    text: 'logins alone ÷ (threads × one thread, same worker)',
    goal: { atLeast: 0.9 },
    reached: loginRatio,
  },
  {
    text: '/me p99 at 200/s with logins at twice capacity ÷ without',
    goal: { atMost: 3 },
    reached: besideRatio,
  },
  {
    text: `memory for ${REMEMBERED.toLocaleString('en')} remembered tokens (RSS, MB)`,
    goal: { atMost: MOST_MEMORY_MB },
    reached: ({ memory }) => {
      const [before] = memory;
      const after = memory.find(({ tokens }) => tokens === REMEMBERED);
      return before && after && figureOf([(after.rss - before.rss) / 1e6]);
    },
  },
];

/** The logins of each round over what its threads could do. */
export function loginRatio({ logins }: Results): Figure | undefined {
  return figureOf(
    logins.map(({ logins: rate, threads, oneThread: [before, after] }) => {
      return rate / (threads * ((before + after) / 2));
    }),
  );
}

/** The p99 of `/me` with logins over the one without, of each round. */
export function besideRatio({ besideLogins }: Results): Figure | undefined {
  return figureOf(besideLogins.map(({ beside, without }) => beside.p99 / without.p99));
}

export function targetTable(results: Results): string {
  return markdownTable(
    [
      { title: 'Target' },
      { title: 'Goal', align: 'right' },
      { title: 'Reached', align: 'right' },
      { title: '' },
    ],
    TARGETS.map(({ text, goal, reached }) => {
      const figure = reached(results);
      const goalText = 'atLeast' in goal ? `at least ${goal.atLeast}` : `at most ${goal.atMost}`;
      return [text, goalText, ratio(figure), verdict(goal, figure)];
    }),
  );
}

function verdict(goal: Target['goal'], figure: Figure | undefined): string {
  if (figure === undefined || figure.isUnsteady) return NOT_MEASURED;
  const isReached =
    'atLeast' in goal ? figure.median >= goal.atLeast : figure.median <= goal.atMost;
  return isReached ? 'yes' : 'no';
}
