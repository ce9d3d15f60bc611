import type { Load } from './load/protocol.ts';

/** How much is offered: so many connections kept busy, or so many requests a second. */
export type LoadName = '1 connection' | '50 connections' | '200 connections' | '200/s';

/** Which tokens are sent. */
export type Pattern = 'hot' | 'cold' | '1 % revoked' | '50 % revoked';

export const LOADS: Readonly<Record<LoadName, Load>> = {
  '1 connection': { kind: 'closed', connections: 1 },
  '50 connections': { kind: 'closed', connections: 50 },
  '200 connections': { kind: 'closed', connections: 200 },
  '200/s': { kind: 'open', rate: 200 },
};

/** The most requests a second that tokens are made for: a cold run ends when they are used up. */
export const MOST_PER_SECOND: Readonly<Record<LoadName, number>> = {
  '1 connection': 6_000,
  '50 connections': 20_000,
  '200 connections': 20_000,
  '200/s': 210,
};

/** What each pattern is, for the reader. */
export const PATTERNS: Readonly<Record<Pattern, string>> = {
  hot: '2,000 tokens of 2,000 users, in random order, again and again',
  cold: 'every token is new to the server',
  '1 % revoked': 'hot, and 1 of 100 tokens is revoked',
  '50 % revoked': 'hot, and every other token is revoked',
};

/** One thing that is measured of a row. */
export interface Measure {
  readonly load: LoadName;
  readonly pattern: Pattern;
}

const ALL_LOADS = Object.keys(LOADS) as LoadName[];

/** What most of the tables and the chart are about. */
export const HOT_AT_50 = { load: '50 connections', pattern: 'hot' } as const;

/** What the smaller rows are measured by. */
export const HOT_50: readonly Measure[] = [HOT_AT_50];

/** Every load, with known and with new tokens. */
export const EVERYTHING: readonly Measure[] = ALL_LOADS.flatMap((load) => [
  { load, pattern: 'hot' },
  { load, pattern: 'cold' },
]);

/** The cost of refusing. */
export const SHARES: readonly Measure[] = [
  { load: '50 connections', pattern: '1 % revoked' },
  { load: '50 connections', pattern: '50 % revoked' },
];
