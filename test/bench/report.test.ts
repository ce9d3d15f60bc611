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
import type { Measurement, Results } from '../../scripts/bench/results.ts';
import { type Measure, ROWS } from '../../scripts/bench/rows.ts';

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
    logins: [],
    besideLogins: [],
    endpoints: [],
    memory: [],
    storage: [],
    failures: {},
    ...parts,
  };
}

const SOME = results({
  runs: [
    ...runs('strict', [9_000, 10_000, 11_000]),
    ...runs('bare', [18_000, 20_000, 22_000]),
    ...runs('koa-jwt-redis-documented', [1_000, 1_000, 1_100]),
    ...runs('koa-jwt-redis-batched', [4_500, 5_000, 5_500]),
    ...runs('no-revocation', [9_000, 20_000, 11_000]),
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
  t.regex(lineWith(text, "| rescind, revocation answers 'no' "), /\| +unsteady \|/);
  t.regex(lineWith(text, '| koa-jwt, no revocation, no user load '), /\| +– \|/);
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
  t.regex(lineWith(text, 'as documented'), /\| +at least 6 \| +10\.0 \| yes/);
  t.regex(lineWith(text, 'bare Koa JSON'), /\| +at least 0\.75 \| +0\.500 \| no/);
  t.regex(lineWith(text, "answering 'no'"), /\| +at least 0\.9 \| +unsteady \| –/);
  t.regex(lineWith(text, '10 M revoked'), /\| +at least 0\.95 \| +– \| –/);
  t.regex(lineWith(text, 'reads at the database'), /\| +at most 0\.05 \| +– \| –/);
});

test('targets are taken from logins and memory too', (t) => {
  const [run] = runs('strict', [1]);
  const logins = [{ round: 0, threads: 2, cost: 10, oneThread: [9, 11] as const, logins: 19 }];
  const besideLogins = [
    {
      round: 0,
      offered: 40,
      without: run as Measurement,
      beside: { ...(run as Measurement), p99: 12 },
      logins: run as Measurement,
    },
  ];
  const reading = (tokens: number, rss: number) => ({
    tokens,
    rss,
    heapUsed: rss / 2,
    external: 0,
  });
  const memory = [reading(0, 100e6), reading(10_000, 120e6), reading(100_000, 180e6)];
  const text = tables(results({ logins, besideLogins, memory }));
  const targets = text.slice(text.indexOf('## Targets'));
  t.regex(lineWith(targets, 'logins alone'), /\| +0\.950 \| yes/);
  t.regex(lineWith(targets, '/me p99'), /\| +4\.00 \| no/);
  t.regex(lineWith(targets, '100,000 remembered'), /\| +80\.0 \| yes/);
});

test('failures are printed with the tables', (t) => {
  const text = tables(results({ failures: { bare: 'bare Koa answered 500' } }));
  t.regex(text, /## Failures\n\n- bare: bare Koa answered 500/);
});

test('the chart has a bar for each measured row, the most first within its group', (t) => {
  const svg = chart(SOME);
  t.is(svg.match(/<rect /g)?.length, 5);
  const order = ['rescind, strict<', 'users by dataloader', 'user by findOne', 'bare Koa'];
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
