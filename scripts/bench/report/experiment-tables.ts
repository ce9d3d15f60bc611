/** Tables of the experiments. */
import type { MemoryReading, Results, StorageReading } from '../results.ts';
import { formatTable, left, megabytes, percent, right, short, whole } from './format.ts';

/** Logouts, one after the other, beside single writes by the same client. */
export function logoutTable({ logouts }: Results): string {
  return formatTable(logouts, [
    right('Followers', ({ followers }) => whole(followers)),
    right('Nodes', ({ nodes }) => whole(nodes)),
    left('Token', ({ token }) => token),
    right('Logouts', ({ count }) => whole(count)),
    right('updateOne p50 ms', ({ write }) => short(write.p50)),
    right('logout p50 ms', ({ logout }) => short(logout.p50)),
    right('logout p99 ms', ({ logout }) => short(logout.p99)),
    right('p50 ÷ p50', ({ logout, write }) => short(logout.p50 / write.p50)),
  ]);
}

export function atRestTable({ atRest }: Results): string {
  return formatTable(atRest, [
    right('Followers', ({ followers }) => whole(followers)),
    right('Lease', ({ lease }) => `${lease / 1000} s`),
    right('Measured', ({ seconds }) => `${seconds} s`),
    right('mongod without, % of a core', ({ without }) => short(100 * without)),
    right('mongod with, % of a core', ({ following }) => short(100 * following)),
    right('% per follower', (each) => short(perFollower(each))),
  ]);
}

/** Returns the processor time of mongod that a follower at rest costs, as a percentage of one core. */
export function perFollower({ followers, without, following }: Results['atRest'][number]): number {
  return (100 * (following - without)) / followers;
}

/** The functions with most self time of each profile, and the owners of their code. */
export function profileTables({ profiles, rows }: Results): string {
  return profiles.map((profile) => formatProfile(profile, rows)).join('\n\n');
}

function formatProfile(profile: Results['profiles'][number], rows: Results['rows']): string {
  const { row: id, pattern, seconds, idle, owners, functions } = profile;
  const name = rows.find((row) => row.id === id)?.name ?? id;
  const all = owners.map(({ owner, share }) => `${owner} ${percent(share)}`);
  const table = formatTable(functions, [
    right('Self', ({ share }) => percent(share)),
    left('Code of', ({ owner }) => owner),
    left('Function', ({ name }) => `\`${name}\``),
  ]);
  const times = `${short(seconds)} s, idle for ${percent(idle)} of them`;
  return `**${name}, ${pattern}**, ${times}. By whose code ran: ${all.join(', ')}.\n\n${table}`;
}

export function memoryTable({ knownTokens }: Results): string {
  const [before, ...after] = knownTokens;
  const more = (reading: MemoryReading) => before && heapOf(reading) - heapOf(before);
  return formatTable(after, [
    right('Known tokens', ({ tokens }) => whole(tokens)),
    right('heap more by', (reading) => megabytes(more(reading))),
    right('RSS more by', ({ rss }) => megabytes(before && rss - before.rss)),
    right('RSS', ({ rss }) => megabytes(rss)),
  ]);
}

/** Returns the bytes of objects, and of what they have outside of the heap. */
export function heapOf({ heapUsed, external }: MemoryReading): number {
  return heapUsed + external;
}

export function storageTable({ storage }: Results): string {
  const index = (name: string) => (reading: StorageReading) =>
    short((reading.indexes[name] ?? Number.NaN) / reading.entries);
  return formatTable(storage, [
    right('Entries', ({ entries }) => whole(entries)),
    right('data B/entry', ({ data, entries }) => short(data / entries)),
    right('on disk B/entry', ({ disk, entries }) => short(disk / entries)),
    right('_id index B/entry', index('_id_')),
    right('expires_at index B/entry', index('expires_at_1')),
  ]);
}
