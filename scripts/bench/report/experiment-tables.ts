/** Tables of the experiments. */
import { ENDPOINTS, type Results } from '../results.ts';
import { formatTable, left, megabytes, ratio, right, short, whole } from './format.ts';
import { figures } from './row-tables.ts';
import { compare, median } from './statistics.ts';
import { compareBesideLogins, compareLogins } from './targets.ts';

const ENDPOINT_NAMES = {
  me: '`GET /api/auth/me`',
  introspect: '`POST /oauth/introspect`',
  sessions: '`GET /api/auth/sessions`, 5 of them',
  refresh: '`POST /api/auth/refresh`',
};

export function endpointTable({ endpoints }: Results): string {
  const find = (name: string) => endpoints.filter(({ endpoint }) => endpoint === name);
  const lines = ENDPOINTS.map((endpoint) => ({ endpoint, runs: find(endpoint) }));
  return formatTable(endpoints.length > 0 ? lines : [], [
    left('Endpoint', ({ endpoint }) => ENDPOINT_NAMES[endpoint]),
    ...figures('requests/s', 'p50 ms', 'p99 ms', 'reads/request'),
    right('÷ /me', ({ runs }) => ratio(compare(runs, find('me')))),
  ]);
}

export function loginTable(results: Results): string {
  const { logins } = results;
  const rates = logins.map(({ oneThread }) => median(oneThread));
  return formatTable(logins.slice(0, 1), [
    right('bcrypt cost', ({ cost }) => whole(cost)),
    right('Threads', ({ threads }) => whole(threads)),
    right('One thread alone, checks/s', () => short(median(rates))),
    right('Logins/s', () => short(median(logins.map((round) => round.logins)))),
    right('÷ (threads × one thread)', () => ratio(compareLogins(results))),
  ]);
}

export function besideLoginsTable(results: Results): string {
  const { besideLogins } = results;
  const rate = (status: string) => {
    const perSecond = ({ logins }: Results['besideLogins'][number]) =>
      (1000 * (logins.measuredStatuses[status] ?? 0)) / logins.elapsed;
    return short(median(besideLogins.map(perSecond)));
  };
  const offered = short(median(besideLogins.map((round) => round.offered)));
  const busy = `${offered}/s offered, ${rate('200')}/s done, ${rate('503')}/s answered 503`;
  const find = (name: 'without' | 'beside') => besideLogins.map((round) => round[name]);
  const lines = [
    { logins: 'none', runs: find('without'), compared: '1' },
    { logins: busy, runs: find('beside'), compared: ratio(compareBesideLogins(results)) },
  ];
  return formatTable(besideLogins.length > 0 ? lines : [], [
    left('Logins', ({ logins }) => logins),
    right('/me p50 ms', ({ runs }) => short(median(runs.map(({ p50 }) => p50)))),
    right('/me p99 ms', ({ runs }) => short(median(runs.map(({ p99 }) => p99)))),
    right('p99 ÷ without', ({ compared }) => compared),
  ]);
}

export function memoryTable({ memory }: Results): string {
  const [before = { rss: 0, heapUsed: 0 }, ...after] = memory;
  return formatTable(after, [
    right('Tokens used twice', ({ tokens }) => whole(tokens)),
    right('RSS more by', ({ rss }) => megabytes(rss - before.rss)),
    right('heap more by', ({ heapUsed }) => megabytes(heapUsed - before.heapUsed)),
    right('RSS', ({ rss }) => megabytes(rss)),
  ]);
}

export function storageTable({ storage }: Results): string {
  const index = (name: string) => (reading: Results['storage'][number]) =>
    short((reading.indexes[name] ?? Number.NaN) / reading.entries);
  return formatTable(storage, [
    right('Entries', ({ entries }) => whole(entries)),
    right('data B/entry', ({ data, entries }) => short(data / entries)),
    right('on disk B/entry', ({ disk, entries }) => short(disk / entries)),
    right('_id index B/entry', index('_id_')),
    right('expires_at index B/entry', index('expires_at_1')),
  ]);
}
