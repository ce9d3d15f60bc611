/** The tables of what is measured beside the rows. */
import { HOT_AT_50, type Pattern } from '../loads.ts';
import type { Results } from '../results.ts';
import { median } from '../statistics.ts';
import { megabytes, ratio, short, whole } from './format.ts';
import { markdownTable } from './markdown-table.ts';
import {
  cpuPerRequest,
  medianOf,
  p50,
  p99,
  perSecond,
  ratioBetween,
  variesEntries,
} from './select.ts';
import { besideRatio, loginRatio } from './targets.ts';

const right = (title: string) => ({ title, align: 'right' }) as const;

/** Throughput against how much has been revoked. */
export function revokedEntriesTable(results: Results): string {
  const rows = results.rows
    .filter((row) => row.id === 'strict' || variesEntries(row))
    .sort((a, b) => a.entries - b.entries);
  const least = rows[0]?.id ?? '';
  return markdownTable(
    [
      right('Entries'),
      right('requests/s'),
      right('p50 ms'),
      right('p99 ms'),
      right('÷ fewest entries'),
    ],
    rows.map(({ id, entries }) => {
      const selection = { row: id, ...HOT_AT_50 };
      const compared = ratioBetween(results, selection, { ...selection, row: least }, perSecond);
      const of = (metric: typeof p50) => medianOf(results, selection, metric);
      return [
        whole(entries),
        whole(of(perSecond)),
        short(of(p50)),
        short(of(p99)),
        ratio(compared),
      ];
    }),
  );
}

/** The cost of refusing. */
export function revokedShareTable(results: Results): string {
  const patterns: readonly Pattern[] = ['hot', '1 % revoked', '50 % revoked'];
  const load = '50 connections';
  return markdownTable(
    [{ title: 'Tokens' }, right('requests/s'), right('CPU µs/request'), right('÷ none revoked')],
    patterns.map((pattern) => {
      const selection = { row: 'strict', load, pattern } as const;
      const none = { ...selection, pattern: 'hot' } as const;
      return [
        pattern === 'hot' ? 'none revoked' : pattern,
        whole(medianOf(results, selection, perSecond)),
        whole(medianOf(results, selection, cpuPerRequest)),
        ratio(ratioBetween(results, selection, none, perSecond)),
      ];
    }),
  );
}

export function loginTable(results: Results): string {
  const { logins } = results;
  const middle = (of: (run: (typeof logins)[number]) => number) => median(logins.map(of));
  return markdownTable(
    [
      right('bcrypt cost'),
      right('Threads'),
      right('One thread alone, checks/s'),
      right('Logins/s'),
      right('÷ (threads × one thread)'),
    ],
    logins
      .slice(0, 1)
      .map(({ cost, threads }) => [
        whole(cost),
        whole(threads),
        short(middle(({ oneThread: [before, after] }) => (before + after) / 2)),
        short(middle((run) => run.logins)),
        ratio(loginRatio(results)),
      ]),
  );
}

export function besideLoginsTable(results: Results): string {
  const { besideLogins } = results;
  const middle = (of: (run: (typeof besideLogins)[number]) => number) =>
    median(besideLogins.map(of));
  const accepted = middle(
    ({ logins }) => (1000 * (logins.measuredStatuses['200'] ?? 0)) / logins.elapsed,
  );
  const busy = middle(
    ({ logins }) => (1000 * (logins.measuredStatuses['503'] ?? 0)) / logins.elapsed,
  );
  const rows = [
    [
      'none',
      short(middle(({ without }) => without.p50)),
      short(middle(({ without }) => without.p99)),
      '1',
    ],
    [
      `${short(middle(({ offered }) => offered))}/s offered, ${short(accepted)}/s done, ${short(busy)}/s answered 503`,
      short(middle(({ beside }) => beside.p50)),
      short(middle(({ beside }) => beside.p99)),
      ratio(besideRatio(results)),
    ],
  ];
  const columns = [
    { title: 'Logins' },
    right('/me p50 ms'),
    right('/me p99 ms'),
    right('p99 ÷ without'),
  ];
  return markdownTable(columns, besideLogins.length === 0 ? [] : rows);
}

export function memoryTable({ memory }: Results): string {
  const [before, ...after] = memory;
  if (before === undefined) return '';
  return markdownTable(
    [right('Tokens used twice'), right('RSS more by'), right('heap more by'), right('RSS')],
    after.map(({ tokens, rss, heapUsed }) => [
      whole(tokens),
      megabytes(rss - before.rss),
      megabytes(heapUsed - before.heapUsed),
      megabytes(rss),
    ]),
  );
}

export function storageTable({ storage }: Results): string {
  const each = (bytes: number, entries: number) => short(bytes / entries);
  return markdownTable(
    [
      right('Entries'),
      right('data B/entry'),
      right('on disk B/entry'),
      right('_id index B/entry'),
      right('expires_at index B/entry'),
    ],
    storage.map(({ entries, data, disk, indexes }) => [
      whole(entries),
      each(data, entries),
      each(disk, entries),
      each(indexes['_id_'] ?? Number.NaN, entries),
      each(indexes['expires_at_1'] ?? Number.NaN, entries),
    ]),
  );
}
