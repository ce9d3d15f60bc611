import test from 'ava';
import { chart } from '../../scripts/bench/report/chart.ts';
import {
  formatTable,
  left,
  megabytes,
  percent,
  ratio,
  right,
  short,
  whole,
} from '../../scripts/bench/report/format.ts';
import { headline } from '../../scripts/bench/report/row-tables.ts';
import { tables } from '../../scripts/bench/report/tables.ts';
import { targetTable } from '../../scripts/bench/report/targets.ts';
import { type Measurement, type Results, readResults } from '../../scripts/bench/results.ts';
import { MEASURES, type Measure, ROWS } from '../../scripts/bench/rows.ts';

const HOT: Measure = { load: '50 connections', pattern: 'hot' };

/** Three rounds of a row, with so many requests in a second each. */
function runs(row: string, perSecond: readonly number[], measure = HOT): Measurement[] {
  return perSecond.map((completed, round) => ({
    ...measure,
    round,
    row,
    completed,
    elapsed: 1_000,
    measuredStatuses: { 200: completed },
    answered: completed,
    statuses: { 200: completed },
    wrong: 0,
    p50: 1.5,
    p99: 3,
    max: 9,
    cpuPerRequest: 80,
    readsPerRequest: 0.04,
  }));
}

function results(parts: Partial<Results>): Results {
  return {
    started: '2026-11-24T07:47:00.000Z',
    minutes: 40,
    command: 'npm run bench --',
    quick: false,
    rounds: 3,
    seconds: 4,
    leadIn: 0.5,
    warmUp: 6,
    machine: {
      processor: 'Some <Processor> & Co',
      cores: 2,
      memoryGb: 24,
      system: 'Linux 6',
      pinning: 'server on processor 0',
      loadAverages: [0.1, 0.2, 0.3],
    },
    versions: { rescind: 'abc', node: '20.20.2', mongod: '6.0.5' },
    rows: ROWS.map((row) => ({ ...row, isPeer: row.peer !== undefined })),
    runs: [],
    profiles: [],
    logouts: [],
    atRest: [],
    knownTokens: [],
    storage: [],
    failures: {},
    ...parts,
  };
}

const SOME = results({
  runs: [
    ...runs('following', [9_000, 10_000, 11_000]),
    ...runs('bare', [18_000, 20_000, 22_000]),
    ...runs('koa-jwt-redis-documented', [1_000, 1_000, 1_100]),
    ...runs('koa-jwt-redis-batched', [4_500, 5_000, 5_500]),
    ...runs('reading', [9_000, 20_000, 11_000]),
  ],
});

const lineWith = (text: string, part: string) =>
  text.split('\n').find((line) => line.includes(part)) ?? '';

test('figures have as many digits as matter', (t) => {
  t.deepEqual([0, 0.0412, 0.914, 1.126, 12.34, 123.4, 9_876].map(short), [
    '0',
    '0.041',
    '0.914',
    '1.13',
    '12.3',
    '123',
    '9876',
  ]);
  t.is(whole(12_345.6), '12,346');
  t.is(percent(0.987), '99 %');
  t.is(megabytes(12_340_000), '12.3 MB');
  t.deepEqual([whole(Number.NaN), short(undefined), percent(Number.NaN)], ['–', '–', '–']);
});

test('a ratio whose rounds differ too much is not printed', (t) => {
  t.is(ratio({ median: 2, isUnsteady: true }), 'unsteady');
  t.is(ratio({ median: 2, isUnsteady: false }), '2.00');
  t.is(ratio(undefined), '–');
});

test('a table is Markdown in aligned columns', (t) => {
  const rows = [
    ['a', '1'],
    ['long one', '1,000'],
  ] as const;
  const table = formatTable(rows, [left('Row', ([name]) => name), right('n', ([, n]) => n)]);
  t.is(
    table,
    [
      '| Row      |     n |',
      '| -------- | ----: |',
      '| a        |     1 |',
      '| long one | 1,000 |',
    ].join('\n'),
  );
});

test('the table of rows gives the median, and the ratio to the row of rescind that does as much', (t) => {
  const text = tables(SOME);
  t.regex(
    lineWith(text, '| koa-jwt + ioredis, users by dataloader '),
    /\| +5,000 \|.*\| +2\.00 \|/,
  );
  t.regex(lineWith(text, '| rescind, FOLLOW=off '), /\| +unsteady \|/);
  t.regex(lineWith(text, '| better-auth, getSession '), /\| +– \|/);
});

test('the headline is the smallest ratio to a peer that checks revocation', (t) => {
  t.regex(headline(SOME), /revocation: 2\.00 \(koa-jwt \+ ioredis, users by dataloader\)/);
  t.regex(headline(results({})), /No peer/);
});

test('a row that was not measured has a reason', (t) => {
  const reason = 'needs redis-server: apt-get install redis-server';
  const rows = SOME.rows.map((row) =>
    row.id === 'koa-jwt-redis-none' ? { ...row, skipped: reason } : row,
  );
  t.true(tables({ ...SOME, rows }).includes(reason));
});

test('the table of targets lists what was reached, what was not, and what is not known', (t) => {
  const text = targetTable(SOME);
  t.regex(lineWith(text, 'as documented'), /\| +at least 8 \| +10\.0 \| yes/);
  t.regex(lineWith(text, '| hot ÷ bare Koa JSON'), /\| +at least 0\.75 \| +0\.500 \| no/);
  t.regex(lineWith(text, 'nearest peer'), /\| +at least 1 \| +2\.00 \| yes/);
  t.regex(lineWith(text, '10 M revoked'), /\| +at least 0\.97 \| +– \| –/);
  t.regex(lineWith(text, 'reads at the database'), /\| +under 0\.001 \| +0\.040 \| no/);
});

test('targets are taken from latencies and introspection too', (t) => {
  const latencies = (row: string, measure: Measure, p50: number, p99: number) =>
    runs(row, [100], measure).map((run) => ({ ...run, p50, p99 }));
  const [one, fixed] = [MEASURES['one connection'], MEASURES['fixed rate']];
  const text = targetTable(
    results({
      runs: [
        ...latencies('following', one, 0.1, 1),
        ...latencies('bare', one, 0.09, 1),
        ...latencies('following', fixed, 0.1, 1),
        ...latencies('koa-jwt-redis-documented', fixed, 1, 4),
        ...runs('introspect', [900], MEASURES.introspection),
        ...runs('introspect-fixed', [1_000], MEASURES.introspection),
      ],
    }),
  );
  t.regex(lineWith(text, 'p50 at 1 connection ÷ bare'), /\| +at most 1\.25 \| +1\.11 \| yes/);
  t.regex(lineWith(text, 'p99 at 200/s'), /\| +at most 0\.5 \| +0\.250 \| yes/);
  t.regex(lineWith(text, 'with a fixed answer'), /\| +at least 0\.85 \| +0\.900 \| yes/);
});

test('targets are taken from logouts, a mongod at rest, and memory too', (t) => {
  const times = { write: { p50: 4, p99: 9 }, logout: { p50: 10, p99: 20 }, count: 9 };
  const slower = { ...times, logout: { p50: 16, p99: 30 } };
  const logouts = [
    { ...times, followers: 1, nodes: 1, token: 'known' as const },
    { ...slower, followers: 1, nodes: 1, token: 'unknown' as const },
    { ...times, followers: 4, nodes: 3, token: 'known' as const },
    { ...slower, followers: 4, nodes: 3, token: 'unknown' as const },
  ];
  const atRest = [{ followers: 10, lease: 2_000, seconds: 40, without: 0.01, following: 0.11 }];
  const reading = (tokens: number, heapUsed: number) => ({
    tokens,
    rss: 2 * heapUsed,
    heapUsed,
    external: 5e6,
  });
  const knownTokens = [reading(0, 100e6), reading(100_000, 180e6), reading(200_000, 185e6)];
  const text = targetTable(results({ logouts, atRest, knownTokens }));
  t.regex(lineWith(text, '1 follower, 1 node'), /\| +2\.50 \| no/);
  t.regex(lineWith(text, '4 followers, 3 nodes'), /\| +2\.50 \| yes/);
  t.regex(lineWith(text, 'mongod at rest'), /\| +under 1\.5 \| +1\.00 \| yes/);
  t.regex(lineWith(text, '100,000 known tokens'), /\| +80\.0 \| yes/);
});

test('a profile is printed by owner and by function', (t) => {
  const functions = [{ owner: 'koa', name: 'handle', share: 0.7 }];
  const owners = [{ owner: 'koa', share: 1 }];
  const profile = { row: 'following', pattern: 'hot', seconds: 5, idle: 0.25 } as const;
  const profiles = [{ ...profile, owners, functions }];
  const text = tables(results({ profiles }));
  t.regex(
    text,
    /\*\*rescind, hot\*\*, 5\.00 s, idle for 25 % of them\. By whose code ran: koa 100 %\./,
  );
  t.regex(lineWith(text, '`handle`'), /\| +70 % \| koa +\|/);
});

test('the traffic of a follower is listed apart from the reads', (t) => {
  const traffic = { getMoresPerSecond: 3.5, writesPerSecond: 1.5 };
  const measured = runs('following', [100]).map((run) => ({ ...run, ...traffic }));
  t.regex(tables(results({ runs: measured })), /3\.50 getMores a second, and it wrote 1\.50 times/);
});

test('results of an older bench are rendered without what they do not have', (t) => {
  const { knownTokens: _, profiles: __, logouts: ___, atRest: ____, ...older } = SOME;
  t.is(tables(readResults(JSON.stringify(older))), tables(SOME));
});

test('failures are printed with the tables', (t) => {
  const text = tables(results({ failures: { bare: 'bare Koa answered 500' } }));
  t.regex(text, /## Failures\n\n- bare: bare Koa answered 500/);
});

test('the chart has a bar for each measured row, the most first within its group', (t) => {
  const svg = chart(SOME);
  t.is(svg.match(/<rect /g)?.length, 5);
  const order = ['rescind<', 'users by dataloader', 'user by findOne', 'bare Koa'];
  const places = order.map((name) => svg.indexOf(name));
  t.deepEqual(
    places,
    [...places].sort((a, b) => a - b),
  );
  t.true(svg.includes('10,000 · 80 µs'));
});

test('the chart is whole SVG: nothing from elsewhere, nothing unescaped', (t) => {
  const svg = chart(SOME);
  t.regex(svg, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"[^>]*>\n<title/);
  t.regex(svg, /<\/svg>\n$/);
  t.notRegex(svg, /href|url\(|<script|<style|@import/);
  t.true(svg.includes('Some &#60;Processor&#62; &#38; Co'));
});

test('tables and chart are functions of the results, also when there are none', (t) => {
  const again = JSON.parse(JSON.stringify(SOME));
  t.is(tables(again), tables(SOME));
  t.is(chart(again), chart(SOME));
  t.notThrows(() => tables(results({ rows: [] })));
  t.notThrows(() => chart(results({ rows: [] })));
});
