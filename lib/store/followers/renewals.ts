import type { Timestamp } from 'mongodb';
import { type Instant, readClocks } from './clocks.ts';
import type { FollowerDocuments } from './documents.ts';
import { orGiveUp } from './give-up.ts';

export interface RenewalOptions {
  readonly id: string;
  /** The length of the lease in milliseconds. */
  readonly duration: number;
  /** Returns the fewest milliseconds between the starts of two renewals. */
  readonly gap: () => number;
  readonly position: () => Timestamp | undefined;
  readonly documents: Pick<FollowerDocuments, 'renew'>;
  /** Called when a renewal was acknowledged, with the moment before it was sent. */
  readonly onAcknowledged: (began: Instant) => void;
  /** Called when a renewal failed. It is repeated. */
  readonly onFailure: (error: unknown) => void;
  /** Called once, when the document is gone. */
  readonly onGone: () => void;
}

/** Milliseconds after which a failed renewal is repeated. */
const RETRY_AFTER = 50;

/**
 * Milliseconds between a change and the renewal that reports it. The changes of one command arrive one after the other: a
 * logout is two, and who waits for the second would wait for another renewal.
 */
const TOGETHER = 3;

/** The renewals in a lease if nothing changes. */
const PER_LEASE = 3;

/**
 * Renews the follower's document every third of the lease, and soon after each change, so that those who wait for the
 * change see the new position. One write is under way at a time; one that takes longer than a lease is given up.
 */
export function createRenewals(options: RenewalOptions) {
  const { duration, gap } = options;
  const stopping = new AbortController();
  let isStopped = true;
  let isUnderWay = false;
  let isDue = false; // since a change arrived that no renewal has reported
  let lastBegan = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;

  async function run(): Promise<void> {
    isUnderWay = true;
    isDue = false;
    const began = readClocks(); // before the command is queued, because the lease counts from here
    lastBegan = began.mono;
    const isRenewed = await renewOnce(options, began, stopping.signal);
    isUnderWay = false;
    schedule(isRenewed ? 0 : RETRY_AFTER);
  }

  function schedule(atLeast = 0): void {
    if (isStopped || isUnderWay) return;
    clearTimeout(timer);
    const pause = isDue || atLeast > 0 ? gap() : Math.max(gap(), duration / PER_LEASE);
    const wait = Math.max(atLeast, lastBegan + pause - performance.now());
    if (wait <= 0) void run();
    else timer = setTimeout(() => void run(), wait).unref();
  }

  return {
    /** Starts with a renewal at once. */
    start(): void {
      isStopped = false;
      schedule();
    },
    /** Reports a change, so that a renewal soon writes the new position. */
    changed(): void {
      if (isDue) return;
      isDue = true;
      setTimeout(schedule, TOGETHER).unref();
    },
    stop(): void {
      isStopped = true;
      stopping.abort();
      clearTimeout(timer);
    },
  };
}

/** Renews once and reports the outcome, unless the renewals were stopped meanwhile. Returns false if it failed. */
async function renewOnce(
  options: RenewalOptions,
  began: Instant,
  stopping: AbortSignal,
): Promise<boolean> {
  const { id, duration, position, documents, onAcknowledged, onFailure, onGone } = options;
  try {
    const write = (givenUp: AbortSignal) => documents.renew(id, position() ?? null, began, givenUp);
    const isThere = await orGiveUp(duration, write, tookTooLong, stopping);
    if (stopping.aborted) return true;
    if (isThere) onAcknowledged(began);
    else onGone();
    return true;
  } catch (error) {
    if (!stopping.aborted) onFailure(error);
    return false;
  }
}

function tookTooLong(): Error {
  return new Error('A renewal took longer than the lease');
}
