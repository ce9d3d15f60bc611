import test from 'ava';
import { findUnknownNames, makePlan, orderRows } from '../../scripts/bench/plan.ts';
import { nameMeasure, ROWS } from '../../scripts/bench/rows.ts';

const out = '.bench';

const listIds = (round: number) =>
  orderRows(makePlan({ only: ['following', 'bare', 'whole'], out }).rows, round).map(
    ({ id }) => id,
  );

test('each round measures every row once', (t) => {
  const ids = ROWS.map(({ id }) => id).sort();
  for (const round of [0, 1, 4]) {
    t.deepEqual(
      orderRows(ROWS, round)
        .map(({ id }) => id)
        .sort(),
      ids,
    );
  }
});

test('a row is measured with known tokens first, and with new ones last', (t) => {
  for (const { id, measures } of ROWS) {
    const names = measures.map(nameMeasure);
    t.true(['50 connections, hot', '50 connections, introspection'].includes(names[0] ?? ''), id);
    t.true([-1, names.length - 1].includes(names.indexOf('50 connections, cold')), id);
  }
});

test('another row comes first in each round, and every other round goes backwards', (t) => {
  t.deepEqual(listIds(0), ['following', 'whole', 'bare']);
  t.deepEqual(listIds(1), ['following', 'bare', 'whole']);
  t.deepEqual(listIds(2), ['bare', 'following', 'whole']);
});

test('a name ends in * for all names that begin so', (t) => {
  const { rows, experiments } = makePlan({ only: ['koa-jwt-redis*', 'logouts'], out });
  t.deepEqual(
    rows.map(({ id }) => id),
    ['koa-jwt-redis-none', 'koa-jwt-redis-documented', 'koa-jwt-redis-batched'],
  );
  t.deepEqual([...experiments], ['logouts']);
  t.deepEqual(findUnknownNames(['following', 'memory', 'koa*', 'nonsense', 'x*']), [
    'nonsense',
    'x*',
  ]);
});

test('quick takes fewer loads and entries, of every other row', (t) => {
  const { rows } = makePlan({ quick: true, out });
  t.deepEqual(
    ROWS.filter(({ id }) => !rows.some((row) => row.id === id)).map(({ id }) => id),
    ['following-10000000'],
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
