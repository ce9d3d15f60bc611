/** Servers under test with their measures: rescind in several forms, and the peers a user would pick. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';

export const LOADS = {
  '1 connection': { connections: 1 },
  '50 connections': { connections: 50 },
  '200 connections': { connections: 200 },
  '200/s': { rate: 200 },
};

type LoadName = keyof typeof LOADS;

export const LOAD_NAMES = Object.keys(LOADS) as LoadName[];

/** Kinds of tokens that are sent, with their descriptions in the published tables. */
export const PATTERNS = {
  hot: '2,000 tokens of 2,000 users, in random order, again and again',
  cold: 'every token is new to the server',
  '1 % revoked': 'hot, and 1 of 100 tokens is revoked',
  '50 % revoked': 'hot, and every other token is revoked',
};

/** A load with the kind of tokens that are sent. */
export interface Measure {
  readonly load: LoadName;
  readonly pattern: keyof typeof PATTERNS;
}

/** The main measure, which every row has; the chart shows it. */
export const HOT_AT_50 = { load: '50 connections', pattern: 'hot' } as const;

const MEASURES: Readonly<Record<string, readonly Measure[]>> = {
  main: [HOT_AT_50],
  'all loads': LOAD_NAMES.flatMap((load) => [
    { load, pattern: 'hot' },
    { load, pattern: 'cold' },
  ]),
  'revoked shares': [
    { load: '50 connections', pattern: '1 % revoked' },
    { load: '50 connections', pattern: '50 % revoked' },
  ],
};

/** Number of entries in `revoked_tokens` unless the row varies it. */
export const USUAL_ENTRIES = 100_000;

const USER_LOADS = {
  none: 'no user load',
  documented: 'user by findOne',
  batched: 'users by dataloader',
};

const rowSchema = z.strictObject({
  /** The name that `--rows` takes. */
  id: z.string(),
  name: z.string(),
  /** Components and settings, for the reader of the tables. */
  configuration: z.string(),
  /** A file of scripts/bench/peers. Without one, the row is rescind: rescind-server.ts. */
  peer: z.string().optional(),
  /** The store in which a peer looks for revocations. */
  revocations: z.enum(['redis', 'mongo']).optional(),
  userLoad: z.enum(['none', 'documented', 'batched']).default('none'),
  /** The form of rescind: middleware in a bare Koa application, as the peers are, or all of server/app.ts. */
  form: z.enum(['embedded', 'whole']).default('embedded'),
  /** Proof behind a 200. A peer that accepts a revoked token must be listed without `revocation`. */
  checks: z.enum(['nothing', 'signature', 'revocation']),
  /** better-auth has no JWTs: it is asked with sessions of its own. */
  ownSessions: z.boolean().optional(),
  /** Number of entries in `revoked_tokens`. */
  entries: z.int().default(USUAL_ENTRIES),
  measures: z
    .array(z.enum(['main', 'all loads', 'revoked shares']))
    .default(['main'])
    .transform((names) => names.flatMap((name) => MEASURES[name] ?? [])),
  /** The row of rescind that does the same work. */
  comparedWith: z.string().optional(),
});

export type Row = z.infer<typeof rowSchema>;

type Entry = Readonly<Record<string, unknown>>;

const entries: readonly Entry[] = JSON.parse(readFileSync('scripts/bench/rows.json', 'utf8'));

export const ROWS: readonly Row[] = z.array(rowSchema).parse(entries.flatMap(forEachUserLoad));

/** Names a measure: unique, and readable in the progress line. */
export function nameMeasure({ load, pattern }: Measure): string {
  return `${load}, ${pattern}`;
}

export function isCold({ pattern }: Measure): boolean {
  return pattern === 'cold';
}

/** Returns the list beginning with its element number `by`, modulo the length. */
export function rotate<T>(list: readonly T[], by: number): T[] {
  const first = by % Math.max(1, list.length);
  return [...list.slice(first), ...list.slice(0, first)];
}

/** Returns a row for each way to load the user when it is to be measured with each. */
function forEachUserLoad(row: Entry): readonly Entry[] {
  if (row['userLoad'] !== 'each') return [row];
  return Object.entries(USER_LOADS).map(([userLoad, text]) => ({
    ...row,
    id: `${row['id']}-${userLoad}`,
    name: `${row['name']}, ${text}`,
    userLoad,
    comparedWith: userLoad === 'none' ? 'strict-no-user' : 'strict',
  }));
}
