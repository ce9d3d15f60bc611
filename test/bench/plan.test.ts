import test from 'ava';
import { findUnknownNames, listRuns, makePlan } from '../../scripts/bench/plan.ts';
import { nameMeasure, ROWS } from '../../scripts/bench/rows.ts';

const listIds = (round: number) =>
  listRuns(makePlan({ only: ['strict', 'bare', 'koa-jwt'] }).rows, round)
    .filter(({ measures }) => measures.map(nameMeasure).join() === '50 connections, hot')
    .map(({ row }) => row.id);

test('each round measures every measure of every row once, the main one of all rows first', (t) => {
  for (const round of [0, 1, 4]) {
    const runs = listRuns(ROWS, round);
    const names = runs.flatMap(({ row, measures }) =>
      measures.map((measure) => `${row.id}: ${nameMeasure(measure)}`),
    );
    t.is(new Set(names).size, names.length);
    t.is(
      names.length,
      ROWS.reduce((sum, { measures }) => sum + measures.length, 0),
    );
    const firsts = names.slice(0, ROWS.length);
    t.true(firsts.every((name) => name.endsWith(': 50 connections, hot')));
  }
});

test('what is compared with known tokens has a server that has seen nothing else', (t) => {
  const refusals = listRuns(ROWS, 0).filter(({ measures }) =>
    measures.some(({ pattern }) => pattern.endsWith('revoked')),
  );
  t.deepEqual(
    refusals.map(({ row, measures }) => [row.id, ...measures.map(({ pattern }) => pattern)]),
    [['strict', '1 % revoked', '50 % revoked']],
  );
});

test('another row comes first in each round, and every other round goes backwards', (t) => {
  t.deepEqual(listIds(0), ['strict', 'bare', 'koa-jwt']);
  t.deepEqual(listIds(1), ['strict', 'koa-jwt', 'bare']);
  t.deepEqual(listIds(2), ['koa-jwt', 'strict', 'bare']);
});

test('a name ends in * for all names that begin so', (t) => {
  const { rows, experiments } = makePlan({ only: ['koa-jwt-redis*', 'logins'] });
  t.deepEqual(
    rows.map(({ id }) => id),
    ['koa-jwt-redis-none', 'koa-jwt-redis-documented', 'koa-jwt-redis-batched'],
  );
  t.deepEqual([...experiments], ['logins']);
  t.deepEqual(findUnknownNames(['strict', 'memory', 'koa*', 'nonsense', 'x*']), ['nonsense', 'x*']);
});

test('quick takes fewer loads and entries, of every other row', (t) => {
  const { rows } = makePlan({ quick: true });
  t.deepEqual(
    ROWS.filter(({ id }) => !rows.some((row) => row.id === id)).map(({ id }) => id),
    ['revoked-10000000'],
  );
  t.true(rows.every(({ measures }) => measures.length > 0));
  const loads = new Set(rows.flatMap(({ measures }) => measures.map(({ load }) => load)));
  t.deepEqual([...loads].sort(), ['200/s', '50 connections']);
});

test('ids are unique, and rows are compared with rows there are', (t) => {
  const ids = ROWS.map(({ id }) => id);
  t.is(new Set(ids).size, ids.length);
  for (const { comparedWith } of ROWS) {
    if (comparedWith !== undefined) t.true(ids.includes(comparedWith), comparedWith);
  }
});
