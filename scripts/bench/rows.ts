/** What is measured: rescind in several forms, and what a user would pick in its place. */
import { EVERYTHING, HOT_50, type Measure, SHARES } from './loads.ts';

export type UserLoad = 'none' | 'documented' | 'batched';

/** A server under test. */
export interface Row {
  /** For `--rows`. */
  readonly id: string;
  readonly name: string;
  /** What it is made of and how it is set up, for the reader of the table. */
  readonly configuration: string;
  /** A file of scripts/bench/peers; without it rescind's own bench server. */
  readonly peer?: string;
  readonly userLoad: UserLoad;
  /** rescind: the middleware in a bare Koa application, as the peers are, or all of server/app.ts. */
  readonly form?: 'embedded' | 'whole';
  /** What a good answer proves: a peer that lets a revoked token in must be one that says so. */
  readonly checks: 'nothing' | 'signature' | 'revocation';
  readonly needsRedis?: true;
  /** better-auth has no JWTs; it is asked for sessions of its own. */
  readonly ownSessions?: true;
  /** Entries in its `revoked_tokens`. */
  readonly entries: number;
  readonly measures: readonly Measure[];
  /** The row of rescind that does as much as this one, to compare it with. */
  readonly comparedWith?: string;
}

/** How many entries the list of revoked tokens has where a row says nothing else. */
export const USUAL_ENTRIES = 100_000;

const EMBEDDED = 'middleware in a bare Koa application';
const WHOLE = 'npm start: request log (to /dev/null), security headers, router, deadline';

const rescind = {
  form: 'embedded',
  userLoad: 'batched',
  checks: 'revocation',
  entries: USUAL_ENTRIES,
} as const;

const RESCIND_ROWS: readonly Row[] = [
  {
    ...rescind,
    id: 'strict',
    name: 'rescind, strict',
    configuration: `${EMBEDDED}; every request checked in MongoDB, user loaded`,
    measures: [...EVERYTHING, ...SHARES],
  },
  {
    ...rescind,
    id: 'no-revocation',
    name: "rescind, revocation answers 'no'",
    configuration: `${EMBEDDED}; user loaded, no check (composed for the bench, no setting has it)`,
    checks: 'signature',
    measures: EVERYTHING,
    comparedWith: 'strict',
  },
  {
    ...rescind,
    id: 'strict-no-user',
    name: 'rescind, strict, no user load',
    configuration: `${EMBEDDED}; every request checked, the user is a constant`,
    userLoad: 'none',
    measures: EVERYTHING,
  },
  {
    ...rescind,
    id: 'no-revocation-no-user',
    name: "rescind, revocation answers 'no', no user load",
    configuration: `${EMBEDDED}; MongoDB is never asked`,
    userLoad: 'none',
    checks: 'signature',
    measures: HOT_50,
    comparedWith: 'strict-no-user',
  },
  {
    ...rescind,
    id: 'whole-strict',
    name: 'rescind, whole server, strict',
    configuration: WHOLE,
    form: 'whole',
    measures: HOT_50,
  },
  {
    ...rescind,
    id: 'whole-no-revocation',
    name: "rescind, whole server, revocation answers 'no'",
    configuration: WHOLE,
    form: 'whole',
    checks: 'signature',
    measures: HOT_50,
    comparedWith: 'whole-strict',
  },
];

const USER_LOADS: readonly UserLoad[] = ['none', 'documented', 'batched'];

const USER_LOAD_TEXT: Readonly<Record<UserLoad, string>> = {
  none: 'no user load',
  documented: 'user by findOne',
  batched: 'users by dataloader',
};

type PeerFamily = Pick<Row, 'id' | 'name' | 'configuration' | 'measures'> &
  Required<Pick<Row, 'peer'>> &
  Pick<Row, 'needsRedis'>;

/** One row for each way to load the user. */
function withUserLoads(family: PeerFamily): readonly Row[] {
  return USER_LOADS.map((userLoad) => ({
    ...family,
    id: `${family.id}-${userLoad}`,
    name: `${family.name}, ${USER_LOAD_TEXT[userLoad]}`,
    userLoad,
    checks: 'revocation',
    entries: USUAL_ENTRIES,
    comparedWith: userLoad === 'none' ? 'strict-no-user' : 'strict',
  }));
}

const TWO_GETS = 'two GETs, auto-pipelined';

const PEER_ROWS: readonly Row[] = [
  {
    id: 'bare',
    name: 'bare Koa',
    configuration: 'the same JSON for everybody, no token looked at',
    peer: 'bare-koa.js',
    userLoad: 'none',
    checks: 'nothing',
    entries: USUAL_ENTRIES,
    measures: HOT_50,
    comparedWith: 'strict',
  },
  {
    id: 'koa-jwt',
    name: 'koa-jwt, no revocation, no user load',
    configuration: 'KeyObject',
    peer: 'koa-jwt.js',
    userLoad: 'none',
    checks: 'signature',
    entries: USUAL_ENTRIES,
    measures: HOT_50,
    comparedWith: 'strict-no-user',
  },
  ...withUserLoads({
    id: 'koa-jwt-redis',
    name: 'koa-jwt + ioredis',
    configuration: `KeyObject; ${TWO_GETS}`,
    peer: 'koa-jwt-redis.js',
    needsRedis: true,
    measures: EVERYTHING,
  }),
  ...withUserLoads({
    id: 'koa-jwt-mongo',
    name: 'koa-jwt + two findOne',
    configuration: 'KeyObject; token and user cutoff by findOne, one after the other',
    peer: 'koa-jwt-mongo.js',
    measures: HOT_50,
  }),
  ...withUserLoads({
    id: 'fastify-jwt-redis',
    name: '@fastify/jwt + ioredis',
    configuration: `trusted; response schema; fast-jwt's cache of 10,000 keyed by the token; ${TWO_GETS}`,
    peer: 'fastify-jwt-redis.js',
    needsRedis: true,
    measures: HOT_50,
  }),
  ...withUserLoads({
    id: 'express-jwt-redis',
    name: 'express-jwt + ioredis',
    configuration: `KeyObject; no ETag; dataloader by setImmediate; ${TWO_GETS}`,
    peer: 'express-jwt-redis.js',
    needsRedis: true,
    measures: HOT_50,
  }),
  {
    id: 'better-auth',
    name: 'better-auth, getSession',
    configuration: 'MongoDB adapter with joins, cookie cache off; node:http; sessions of its own',
    peer: 'better-auth.js',
    userLoad: 'documented',
    checks: 'revocation',
    ownSessions: true,
    entries: USUAL_ENTRIES,
    measures: HOT_50,
    comparedWith: 'strict',
  },
];

/** Rows that differ only in how much has been revoked. */
function revokedEntriesRows(): readonly Row[] {
  return [1_000, 1_000_000, 10_000_000].map((entries) => ({
    ...rescind,
    id: `revoked-${entries}`,
    name: `rescind, strict, ${entries.toLocaleString('en')} revoked`,
    configuration: EMBEDDED,
    entries,
    measures: HOT_50,
  }));
}

export const ROWS: readonly Row[] = [...RESCIND_ROWS, ...PEER_ROWS, ...revokedEntriesRows()];
