/** Servers under test with their measures: rescind in several forms, and the peers a user would pick. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';

export const LOADS = {
  '1 connection': { connections: 1 },
  '50 connections': { connections: 50 },
  '200/s': { rate: 200 },
};

type LoadName = keyof typeof LOADS;

/** Kinds of requests that are sent, with their descriptions in the published tables. */
export const PATTERNS = {
  hot: '2,000 tokens of 2,000 users, in random order, again and again',
  cold: 'every token is new to the server',
  introspection: 'one client introspects the hot tokens',
};

/** A load with the kind of requests that are sent. */
export interface Measure {
  readonly load: LoadName;
  readonly pattern: keyof typeof PATTERNS;
}

/** The main measure: the chart shows it. */
export const HOT_AT_50 = { load: '50 connections', pattern: 'hot' } as const;

/** The measures by their names in rows.json. A row is measured by them in this order. */
export const MEASURES = {
  hot: HOT_AT_50,
  introspection: { load: '50 connections', pattern: 'introspection' },
  'one connection': { load: '1 connection', pattern: 'hot' },
  'fixed rate': { load: '200/s', pattern: 'hot' },
  cold: { load: '50 connections', pattern: 'cold' },
} as const satisfies Record<string, Measure>;

const MEASURE_NAMES = Object.keys(MEASURES) as (keyof typeof MEASURES)[];

/** Number of entries in `revoked_tokens` unless the row varies it. */
export const USUAL_ENTRIES = 100_000;

const rowSchema = z
  .strictObject({
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
    /** `fixed`: rescind remembers under a lease that always holds, and no feed brings events. */
    follow: z.enum(['auto', 'off', 'fixed']).default('auto'),
    /** Answers each introspection with the answer of the first one. */
    hasFixedAnswer: z.boolean().optional(),
    /** Proof behind a 200. */
    checks: z.enum(['nothing', 'revocation']),
    /** better-auth has no JWTs: it is asked with sessions of its own. */
    ownSessions: z.boolean().optional(),
    /** Number of entries in `revoked_tokens`. */
    entries: z.int().default(USUAL_ENTRIES),
    measures: z
      .array(z.enum(MEASURE_NAMES))
      .default(['hot'])
      .transform((names) =>
        MEASURE_NAMES.filter((name) => names.includes(name)).map((name): Measure => MEASURES[name]),
      ),
    /** The row of rescind that does the same work. */
    comparedWith: z.string().optional(),
  })
  .transform((row) => (row.peer ? { ...row, comparedWith: 'following' } : row));

export type Row = z.infer<typeof rowSchema>;

export const ROWS: readonly Row[] = z
  .array(rowSchema)
  .parse(JSON.parse(readFileSync('scripts/bench/rows.json', 'utf8')));

/** Finds a row by its id. Throws if rows.json has none. */
export function findRow(id: string): Row {
  const row = ROWS.find((each) => each.id === id);
  if (row === undefined) throw new Error(`rows.json has no row ${id}`);
  return row;
}

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
