/** Servers under test with their measures: rescind in several forms, and the peers a user would pick. */
import type { Load } from './generator/protocol.ts';

export type LoadName = '1 connection' | '50 connections' | '200 connections' | '200/s';

export type Pattern = 'hot' | 'cold' | '1 % revoked' | '50 % revoked';

/** A load with the kind of tokens that are sent. */
export interface Measure {
  readonly load: LoadName;
  readonly pattern: Pattern;
}

export const LOADS: Readonly<Record<LoadName, Load>> = {
  '1 connection': { connections: 1 },
  '50 connections': { connections: 50 },
  '200 connections': { connections: 200 },
  '200/s': { rate: 200 },
};

export const LOAD_NAMES = Object.keys(LOADS) as LoadName[];

/** Descriptions of the patterns in the published tables. */
export const PATTERNS: Readonly<Record<Pattern, string>> = {
  hot: '2,000 tokens of 2,000 users, in random order, again and again',
  cold: 'every token is new to the server',
  '1 % revoked': 'hot, and 1 of 100 tokens is revoked',
  '50 % revoked': 'hot, and every other token is revoked',
};

/** The main measure, which every row has; the chart shows it. */
export const HOT_AT_50 = { load: '50 connections', pattern: 'hot' } as const;

const ALL_LOADS: readonly Measure[] = LOAD_NAMES.flatMap((load) => [
  { load, pattern: 'hot' },
  { load, pattern: 'cold' },
]);

const REVOKED_SHARES: readonly Measure[] = [
  { load: '50 connections', pattern: '1 % revoked' },
  { load: '50 connections', pattern: '50 % revoked' },
];

type UserLoad = 'none' | 'documented' | 'batched';

/** A server under test with its measures. */
export interface Row {
  /** The name that `--rows` takes. */
  readonly id: string;
  readonly name: string;
  /** Components and settings, for the reader of the tables. */
  readonly configuration: string;
  /** A file of scripts/bench/peers. Without one, the row is rescind: rescind-server.ts. */
  readonly peer?: string;
  /** The store in which a peer looks for revocations. */
  readonly revocations?: 'redis' | 'mongo';
  readonly userLoad: UserLoad;
  /** The form of rescind: middleware in a bare Koa application, as the peers are, or all of server/app.ts. */
  readonly form?: 'embedded' | 'whole';
  /** Proof behind a 200. A peer that accepts a revoked token must be listed without `revocation`. */
  readonly checks: 'nothing' | 'signature' | 'revocation';
  /** better-auth has no JWTs: it is asked with sessions of its own. */
  readonly ownSessions?: true;
  /** Number of entries in `revoked_tokens`. */
  readonly entries: number;
  readonly measures: readonly Measure[];
  /** The row of rescind that does the same work. */
  readonly comparedWith?: string;
}

/** Number of entries in `revoked_tokens` unless the row varies it. */
export const USUAL_ENTRIES = 100_000;

const EMBEDDED = 'middleware in a bare Koa application';
const WHOLE = 'npm start: request log (to /dev/null), security headers, router, deadline';

const rescind = {
  form: 'embedded',
  userLoad: 'batched',
  checks: 'revocation',
  entries: USUAL_ENTRIES,
  measures: [HOT_AT_50],
} as const;

const RESCIND_ROWS: readonly Row[] = [
  {
    ...rescind,
    id: 'strict',
    name: 'rescind, strict',
    configuration: `${EMBEDDED}; every request checked in MongoDB, user loaded`,
    measures: [...ALL_LOADS, ...REVOKED_SHARES],
  },
  {
    ...rescind,
    id: 'no-revocation',
    name: "rescind, revocation answers 'no'",
    configuration: `${EMBEDDED}; user loaded, no check (composed for the bench, no setting has it)`,
    checks: 'signature',
    measures: ALL_LOADS,
    comparedWith: 'strict',
  },
  {
    ...rescind,
    id: 'strict-no-user',
    name: 'rescind, strict, no user load',
    configuration: `${EMBEDDED}; every request checked, the user is a constant`,
    userLoad: 'none',
    measures: ALL_LOADS,
  },
  {
    ...rescind,
    id: 'no-revocation-no-user',
    name: "rescind, revocation answers 'no', no user load",
    configuration: `${EMBEDDED}; MongoDB is never asked`,
    userLoad: 'none',
    checks: 'signature',
    comparedWith: 'strict-no-user',
  },
  {
    ...rescind,
    id: 'whole-strict',
    name: 'rescind, whole server, strict',
    configuration: WHOLE,
    form: 'whole',
  },
  {
    ...rescind,
    id: 'whole-no-revocation',
    name: "rescind, whole server, revocation answers 'no'",
    configuration: WHOLE,
    form: 'whole',
    checks: 'signature',
    comparedWith: 'whole-strict',
  },
];

const peer = { userLoad: 'none', entries: USUAL_ENTRIES, measures: [HOT_AT_50] } as const;

const USER_LOADS = {
  none: 'no user load',
  documented: 'user by findOne',
  batched: 'users by dataloader',
} as const;

/** Returns a row for each way to load the user. */
function forEachUserLoad(family: Pick<Row, 'id' | 'name' | 'configuration'> & Partial<Row>): Row[] {
  return (['none', 'documented', 'batched'] as const).map((userLoad) => ({
    ...peer,
    ...family,
    id: `${family.id}-${userLoad}`,
    name: `${family.name}, ${USER_LOADS[userLoad]}`,
    userLoad,
    checks: 'revocation',
    comparedWith: userLoad === 'none' ? 'strict-no-user' : 'strict',
  }));
}

const TWO_GETS = 'two GETs, auto-pipelined';

const PEER_ROWS: readonly Row[] = [
  {
    ...peer,
    id: 'bare',
    name: 'bare Koa',
    configuration: 'the same JSON for everybody, no token looked at',
    peer: 'bare-koa.js',
    checks: 'nothing',
    comparedWith: 'strict',
  },
  {
    ...peer,
    id: 'koa-jwt',
    name: 'koa-jwt, no revocation, no user load',
    configuration: 'KeyObject',
    peer: 'koa-jwt.js',
    checks: 'signature',
    comparedWith: 'strict-no-user',
  },
  ...forEachUserLoad({
    id: 'koa-jwt-redis',
    name: 'koa-jwt + ioredis',
    configuration: `KeyObject; ${TWO_GETS}`,
    peer: 'koa-jwt.js',
    revocations: 'redis',
    measures: ALL_LOADS,
  }),
  ...forEachUserLoad({
    id: 'koa-jwt-mongo',
    name: 'koa-jwt + two findOne',
    configuration: 'KeyObject; token and user cutoff by findOne, one after the other',
    peer: 'koa-jwt.js',
    revocations: 'mongo',
  }),
  ...forEachUserLoad({
    id: 'fastify-jwt-redis',
    name: '@fastify/jwt + ioredis',
    configuration: `trusted; response schema; fast-jwt's cache of 10,000 keyed by the token; ${TWO_GETS}`,
    peer: 'fastify-jwt.js',
    revocations: 'redis',
  }),
  ...forEachUserLoad({
    id: 'express-jwt-redis',
    name: 'express-jwt + ioredis',
    configuration: `KeyObject; no ETag; dataloader by setImmediate; ${TWO_GETS}`,
    peer: 'express-jwt.js',
    revocations: 'redis',
  }),
  {
    ...peer,
    id: 'better-auth',
    name: 'better-auth, getSession',
    configuration: 'MongoDB adapter with joins, cookie cache off; node:http; sessions of its own',
    peer: 'better-auth.js',
    userLoad: 'documented',
    checks: 'revocation',
    ownSessions: true,
    comparedWith: 'strict',
  },
];

const REVOKED_ENTRIES_ROWS: readonly Row[] = [1_000, 1_000_000, 10_000_000].map((entries) => ({
  ...rescind,
  id: `revoked-${entries}`,
  name: `rescind, strict, ${entries.toLocaleString('en')} revoked`,
  configuration: EMBEDDED,
  entries,
}));

export const ROWS: readonly Row[] = [...RESCIND_ROWS, ...PEER_ROWS, ...REVOKED_ENTRIES_ROWS];

/** Names a measure: unique, and readable in the progress line. */
export function nameMeasure({ load, pattern }: Measure): string {
  return `${load}, ${pattern}`;
}
