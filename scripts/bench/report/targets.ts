/** Limits for the cost of a strict check, and the figures that are compared with them. */
import type { Results } from '../results.ts';
import { HOT_AT_50, MEASURES, type Measure } from '../rows.ts';
import { heapOf, perFollower } from './experiment-tables.ts';
import { formatTable, left, NOT_MEASURED, ratio, right } from './format.ts';
import * as statistics from './statistics.ts';

type Find = (results: Results) => statistics.Figure | undefined;
type Goal = 'at least' | 'at most' | 'under';
type Target = readonly [text: string, goal: Goal, limit: number, find: Find];

const FIXED_LEASE = rows('following', 'fixed-lease');
const DOCUMENTED = 'koa-jwt-redis-documented';
const BATCHED = 'koa-jwt-redis-batched';
const ONE = MEASURES['one connection'];
const p50: statistics.Metric = (measured) => measured.p50;
const p99: statistics.Metric = (measured) => measured.p99;
const P99 = rows('following', DOCUMENTED, MEASURES['fixed rate'], p99);
const ENTRIES = rows('following-10000000', 'following-1000');
const FIXED_ANSWER = rows('introspect', 'introspect-fixed', MEASURES.introspection);
const READING = rows('introspect', 'introspect-reading', MEASURES.introspection);

const TARGETS: readonly Target[] = [
  ['hot ÷ the same with a lease that always holds', 'at least', 0.97, FIXED_LEASE],
  ['hot ÷ bare Koa JSON', 'at least', 0.75, rows('following', 'bare')],
  ['whole server, hot ÷ bare Koa JSON', 'at least', 0.5, rows('whole', 'bare')],
  ['hot ÷ the nearest peer that checks revocation', 'at least', 1, findNearestRatio],
  ['hot ÷ koa-jwt + ioredis + user load as documented', 'at least', 8, hot(DOCUMENTED)],
  ['hot ÷ koa-jwt + ioredis + batched user load', 'at least', 2.5, hot(BATCHED)],
  ['cold ÷ the same', 'at least', 0.9, rows('following', BATCHED, MEASURES.cold)],
  ['p50 at 1 connection ÷ koa-jwt + ioredis + user load', 'at most', 0.3, p50Ratio(DOCUMENTED)],
  ['p50 at 1 connection ÷ bare Koa JSON', 'at most', 1.25, p50Ratio('bare')],
  ['p99 at 200/s ÷ koa-jwt + ioredis + user load', 'at most', 0.5, P99],
  ['hot with 10 M revoked ÷ with 1 k', 'at least', 0.97, ENTRIES],
  ['reads at the database per request, hot', 'under', 0.001, findReads],
  ['introspection ÷ the same request with a fixed answer', 'at least', 0.85, FIXED_ANSWER],
  ['introspection ÷ the same with FOLLOW=off', 'at least', 1, READING],
  ['logout p50 ÷ updateOne p50, 1 follower, 1 node', 'at most', 2, logouts(1, 1)],
  ['logout p50 ÷ updateOne p50, 4 followers, 3 nodes', 'at most', 3, logouts(4, 3)],
  ['mongod at rest per follower (% of a core)', 'under', 1.5, findAtRest],
  ['memory for 100,000 known tokens (heap, MB)', 'under', 100, findMemory],
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
      return isReached(figure.median, goal, limit) ? 'yes' : 'no';
    }),
  ]);
}

function isReached(value: number, goal: Goal, limit: number): boolean {
  if (goal === 'under') return value < limit;
  return goal === 'at least' ? value >= limit : value <= limit;
}

/** Finds the peer that checks revocation and comes nearest to rescind: the largest ratio would name a slow peer. */
export function findNearest(results: Results) {
  const peers = results.rows.filter(({ isPeer, checks }) => isPeer && checks === 'revocation');
  const figures = peers.flatMap(({ id, name }) => {
    const figure = hot(id)(results);
    return figure === undefined ? [] : [{ name, ...figure }];
  });
  return figures.sort((a, b) => a.median - b.median)[0];
}

function findNearestRatio(results: Results): statistics.Figure | undefined {
  return findNearest(results);
}

function hot(peer: string): Find {
  return rows('following', peer);
}

function p50Ratio(peer: string): Find {
  return rows('following', peer, ONE, p50);
}

/** Compares two rows under the same load, by requests/s unless another metric is given. */
function rows(above: string, below: string, measure?: Measure, metric?: statistics.Metric): Find {
  return (results) => {
    const find = (id: string) => statistics.select(results, id, measure);
    return statistics.compare(find(above), find(below), metric);
  };
}

function findReads(results: Results) {
  const measurements = statistics.select(results, 'following', HOT_AT_50);
  const reads = statistics.summarize(measurements.map(statistics.readsPerRequest));
  return reads && { ...reads, isUnsteady: false }; // a count, not a ratio of two rates
}

function logouts(followers: number, nodes: number): Find {
  return (results) => {
    const found = results.logouts.filter(
      (each) => each.followers === followers && each.nodes === nodes && each.token === 'known',
    );
    return statistics.summarize(found.map(({ logout, write }) => logout.p50 / write.p50));
  };
}

function findAtRest({ atRest }: Results) {
  return statistics.summarize(atRest.map(perFollower));
}

function findMemory({ knownTokens }: Results) {
  const [before] = knownTokens;
  const after = knownTokens.find(({ tokens }) => tokens === 100_000);
  return before && after && statistics.summarize([(heapOf(after) - heapOf(before)) / 1e6]);
}
