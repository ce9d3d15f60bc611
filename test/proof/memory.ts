/** Accepted tokens by where the answer came from: the server's memory, or a read. */
import type { Document } from 'mongodb';
import { NAMES } from '../../lib/store/mongo/collections.ts';
import type { CommandTap } from '../helpers/proxy/command-tap.ts';
import { isAcknowledged, type Operation } from './history.ts';
import type { Server } from './requests.ts';

export type ReadLog = ReturnType<typeof recordReads>;

/** Records when each session was looked up in `revoked_tokens`, as the proxies in front of MongoDB see it. */
export function recordReads({ listen }: Pick<CommandTap, 'listen'>) {
  const reads = new Map<string, number[]>();
  const stop = listen((command) => {
    for (const session of listSessions(command)) {
      const times = reads.get(session) ?? [];
      reads.set(session, times);
      times.push(performance.now());
    }
  });
  return {
    stop,
    /** Returns true if the session was looked up in this time, by whichever server. */
    isRead: (session: string, start: number, end: number): boolean =>
      reads.get(session)?.some((time) => time >= start && time <= end) ?? false,
  };
}

const SESSION = 'session:';

function listSessions({ find, filter }: Document): readonly string[] {
  if (find !== NAMES.revokedTokens) return [];
  const ids: readonly unknown[] = filter?._id?.$in ?? [];
  return ids
    .filter((id) => typeof id === 'string')
    .filter((id) => id.startsWith(SESSION))
    .map((id) => id.slice(SESSION.length));
}

/**
 * Counts the access tokens that servers which follow have accepted, and those of them that were accepted from memory:
 * while the request was under way, no command that names the session was on its way to MongoDB.
 */
export function countAccepts(
  history: readonly Operation[],
  servers: readonly Server[],
  { isRead }: Pick<ReadLog, 'isRead'>,
) {
  const following = new Set(servers.filter(({ follows }) => follows).map(({ name }) => name));
  const accepts = history.filter(
    (operation) =>
      operation.kind === 'me' && following.has(operation.server) && isAcknowledged(operation),
  );
  const fromMemory = accepts.filter(({ session = '', start, end }) => !isRead(session, start, end));
  return { accepts: accepts.length, fromMemory: fromMemory.length };
}
