import { setTimeout as delay } from 'node:timers/promises';
import { MINUTE } from '../../time.ts';
import type { FollowerDocument } from '../mongo/collections.ts';
import type { FollowerDocuments } from './documents.ts';
import type { StaleDocuments } from './stale-documents.ts';

export interface NeighboursDeps {
  readonly documents: Pick<FollowerDocuments, 'list'>;
  readonly stale: Pick<StaleDocuments, 'observe'>;
  /** The length of the own lease in milliseconds. */
  readonly duration: number;
  /** Receives the number of followers after each read. */
  readonly onCount: (followers: number) => void;
}

/** Milliseconds between two reads while every follower renews its document. */
const INTERVAL = MINUTE;

/** The age in leases from which on a document is suspected to be stale. */
const SUSPECTED_AFTER = 2;

/** The own leases before the first read: by then a document that a server left behind when it was killed is suspected. */
const FIRST_AFTER = SUSPECTED_AFTER + 1;

/**
 * Reads `followers` soon after the registration and then once a minute, and often enough to delete them while some
 * documents are not renewed.
 */
export async function watchNeighbours(deps: NeighboursDeps, signal: AbortSignal): Promise<void> {
  let pause = Math.min(INTERVAL, FIRST_AFTER * deps.duration);
  while (await waited(pause, signal)) {
    const began = performance.now();
    const found = await deps.documents.list(undefined).catch(() => undefined);
    if (found === undefined) continue;
    deps.onCount(found.length);
    const suspected = findSuspected(found);
    if (suspected.length > 0) deps.stale.observe(found, began);
    pause = Math.min(INTERVAL, ...suspected.map(({ lease }) => lease / 4));
  }
}

async function waited(milliseconds: number, signal: AbortSignal): Promise<boolean> {
  await delay(milliseconds, undefined, { ref: false, signal }).catch(() => undefined);
  return !signal.aborted;
}

/** Compares by the database's clock alone: the newest renewal of all stands for the present. */
function findSuspected(found: readonly FollowerDocument[]): readonly FollowerDocument[] {
  const newest = Math.max(...found.map(({ renewed_at }) => renewed_at.getTime()));
  return found.filter(
    ({ renewed_at, lease }) => newest - renewed_at.getTime() > SUSPECTED_AFTER * lease,
  );
}
