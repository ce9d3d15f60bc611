/** Limits for the cost of a strict check, and the figures that are compared with them. */
import type { Results } from '../results.ts';
import { HOT_AT_50, type Measure } from '../rows.ts';
import { formatTable, left, NOT_MEASURED, ratio, right } from './format.ts';
import * as statistics from './statistics.ts';

type Find = (results: Results) => statistics.Figure | undefined;
type Target = readonly [text: string, goal: 'at least' | 'at most', limit: number, find: Find];

const WITHOUT = rows('strict', 'no-revocation');
const DOCUMENTED = rows('strict', 'koa-jwt-redis-documented');
const BATCHED = rows('strict', 'koa-jwt-redis-batched');
const NO_USER = rows('strict-no-user', 'koa-jwt-redis-none');
const COLD = rows('strict', 'koa-jwt-redis-batched', { ...HOT_AT_50, pattern: 'cold' });
const AT_ONE = { ...HOT_AT_50, load: '1 connection' } as const;
const P50 = rows('strict', 'koa-jwt-redis-documented', AT_ONE, ({ p50 }) => p50);
const ENTRIES = rows('revoked-10000000', 'revoked-1000');

const TARGETS: readonly Target[] = [
  ["strict, hot ÷ the same with revocation answering 'no'", 'at least', 0.9, WITHOUT],
  ['strict, hot ÷ bare Koa JSON', 'at least', 0.75, rows('strict', 'bare')],
  ['strict, hot ÷ koa-jwt + ioredis + user load as documented', 'at least', 6, DOCUMENTED],
  ['strict, hot ÷ koa-jwt + ioredis + batched user load', 'at least', 2, BATCHED],
  ['strict, no user load, hot ÷ koa-jwt + ioredis, no user load', 'at least', 1.5, NO_USER],
  ['strict, cold ÷ koa-jwt + ioredis + batched user load', 'at least', 0.9, COLD],
  ['p50 at 1 connection, strict ÷ koa-jwt + ioredis + user load', 'at most', 1.1, P50],
  ['throughput with 10 M revoked ÷ with 1 k', 'at least', 0.95, ENTRIES],
  ['reads at the database per request, 200 connections', 'at most', 0.05, findReads],
  ['introspection ÷ /me, same server, 50 connections', 'at least', 0.8, compareIntrospection],
  ['logins alone ÷ (threads × one thread, same worker)', 'at least', 0.9, compareLogins],
  ['/me p99 at 200/s with logins at twice capacity ÷ without', 'at most', 3, compareBesideLogins],
  ['memory for 100,000 remembered tokens (RSS, MB)', 'at most', 100, findMemory],
];

/** A table of what was reached, what was not, and what is unknown. */
export function targetTable(results: Results): string {
  return formatTable(TARGETS, [
    left('Target', ([text]) => text),
    right('Goal', ([, goal, limit]) => `${goal} ${limit}`),
    right('Reached', ([, , , find]) => ratio(find(results))),
    left('', ([, goal, limit, find]) => {
      const figure = find(results);
      if (figure === undefined || figure.isUnsteady) return NOT_MEASURED;
      const isReached = goal === 'at least' ? figure.median >= limit : figure.median <= limit;
      return isReached ? 'yes' : 'no';
    }),
  ]);
}

/** Compares the logins of each round with the capacity of its threads, as measured before and after. */
export function compareLogins({ logins }: Results) {
  const compare = ({ logins: rate, threads, oneThread }: Results['logins'][number]) =>
    rate / (threads * statistics.median(oneThread));
  return statistics.summarize(logins.map(compare));
}

/** Compares the p99 of `/me` with logins with the p99 without, in each round. */
export function compareBesideLogins({ besideLogins }: Results) {
  return statistics.summarize(besideLogins.map(({ beside, without }) => beside.p99 / without.p99));
}

/** Compares two rows under the same load, by requests/s unless another metric is given. */
function rows(above: string, below: string, measure?: Measure, metric?: statistics.Metric): Find {
  return (results) => {
    const find = (id: string) => statistics.select(results, id, measure);
    return statistics.compare(find(above), find(below), metric);
  };
}

function compareIntrospection({ endpoints }: Results) {
  const find = (name: string) => endpoints.filter(({ endpoint }) => endpoint === name);
  return statistics.compare(find('introspect'), find('me'));
}

function findReads(results: Results) {
  const measure = { ...HOT_AT_50, load: '200 connections' } as const;
  const measurements = statistics.select(results, 'strict', measure);
  const reads = statistics.summarize(measurements.map(statistics.readsPerRequest));
  return reads && { ...reads, isUnsteady: false }; // a count, not a ratio of two rates
}

function findMemory({ memory }: Results) {
  const [before] = memory;
  const after = memory.find(({ tokens }) => tokens === 100_000);
  return before && after && statistics.summarize([(after.rss - before.rss) / 1e6]);
}
