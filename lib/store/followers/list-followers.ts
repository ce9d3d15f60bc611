import { SECOND } from '../../time.ts';
import type { Collections, FollowerDocument } from '../mongo/collections.ts';
import { MAX_TIME, orUnavailable } from '../mongo/database.ts';
import type { StrictReader } from '../mongo/strict-reads.ts';
import { OF_FOLLOWERS } from './documents.ts';
import { CLOCK_RATES } from './stale-documents.ts';

/** A server that follows, as its document describes it. All times are by the database's clock, in milliseconds. */
export interface ListedFollower {
  readonly host: string;
  readonly version: string;
  readonly lease: number;
  /** The time since the last renewal. */
  readonly age: number;
  /** The time by which the last applied change is older than the newest one, in whole seconds; undefined without one. */
  readonly lag: number | undefined;
  /**
   * `starting`: the server has not followed yet. `stale`: it has not renewed its document for so long that its lease has
   * ended; those who revoke delete the document.
   */
  readonly state: 'registered' | 'starting' | 'stale';
}

type TimedDocument = FollowerDocument & { readonly now: Date };

/** Lists the servers that follow, by host. The read is strict: a server that is not listed does not follow. */
export async function listFollowers(
  { followers }: Pick<Collections, 'followers'>,
  strictReads: StrictReader,
): Promise<readonly ListedFollower[]> {
  const pipeline = [
    { $match: OF_FOLLOWERS },
    { $sort: { host: 1, _id: 1 } },
    { $set: { now: '$$NOW' } },
  ];
  const found = await strictReads.read((readConcern) => {
    const cursor = followers.aggregate<TimedDocument>(pipeline, {
      readConcern,
      maxTimeMS: MAX_TIME,
    });
    return orUnavailable(cursor.toArray());
  });
  const newest = Math.max(...found.map(({ now, position }) => latest(now, position)));
  return found.map((document) => describe(document, newest));
}

/** Returns the later of the database's clock and a cluster time, which may be ahead of it, in whole seconds. */
function latest(now: Date, position: FollowerDocument['position']): number {
  return Math.max(Math.floor(now.getTime() / SECOND), position?.t ?? 0);
}

function describe(document: TimedDocument, newest: number): ListedFollower {
  const { host, version, lease, position, renewed_at, now } = document;
  const age = Math.max(0, now.getTime() - renewed_at.getTime());
  const isStale = age > lease * CLOCK_RATES;
  const lag = position === null ? undefined : newest - position.t;
  const state = isStale ? 'stale' : position === null ? 'starting' : 'registered';
  return { host, version, lease, age, lag, state };
}
