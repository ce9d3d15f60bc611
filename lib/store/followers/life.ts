import { setTimeout as delay } from 'node:timers/promises';
import type { Db } from 'mongodb';
import { StoreNotReady } from '../../errors.ts';
import { SECOND, withTimeout } from '../../time.ts';
import { accessFault } from '../mongo/refused-commands.ts';
import type { FollowerDocuments } from './documents.ts';
import type { Hindrance, OnFollower } from './events.ts';
import type { Lease } from './lease.ts';
import { watchLease } from './lease-watch.ts';
import { watchNeighbours } from './neighbours.ts';
import { chooseLease, findObstacle, type ObstacleDeps, withoutLease } from './obstacles.ts';
import { followOnce, type Registration } from './registration.ts';
import type { StaleDocuments } from './stale-documents.ts';
import type { Versions } from './versions.ts';

export interface LifeDeps extends ObstacleDeps {
  readonly db: Db;
  readonly documents: FollowerDocuments;
  readonly stale: StaleDocuments;
  readonly versions: Versions;
  readonly lease: Lease;
  /** The shortest lease in milliseconds. */
  readonly shortestLease: number;
  /** The deadline of a request in milliseconds. A revocation has to settle within it. */
  readonly deadline: number;
  /** The version of this package, for people. */
  readonly version: string;
  /** Called with each new registration, and with undefined when one is over. */
  readonly onRegistration: (registration: Registration | undefined) => void;
  /** Called after each change that was applied. */
  readonly onApplied: () => void;
  readonly onEvent: OnFollower;
}

/** Milliseconds between the end of a registration and the next one. */
const REGISTER_AFTER = 100;

/** The fewest milliseconds per follower between the starts of two renewals, so that many do not wake each other. */
const GAP_PER_FOLLOWER = 10;

/**
 * Milliseconds after which the reads before a registration are given up. The driver may wait for an answer for ever. The
 * inspection of the deployment may take five seconds of them.
 */
const LOOK_TIMEOUT = 10 * SECOND;

function notLooked(): Error {
  return new Error('The database did not answer the reads before a registration in time');
}

/** The parts of a lease at which a lapse is noticed, for the log. */
const LOOKS = 10;

/** Follows under one registration after the other, until `stopping` aborts. */
export async function followUntil(stopping: AbortSignal, deps: LifeDeps): Promise<void> {
  const watch = watchLease(deps.lease, deps.onEvent, deps.shortestLease / LOOKS);
  while (!stopping.aborted) {
    const reason = await followAgain(deps, watch, stopping).catch((error: unknown) => error);
    deps.onRegistration(undefined);
    if (stopping.aborted) break; // an end that was asked for is not reported
    watch.note(reason);
    watch.look();
    const hindrance = toHindrance(reason);
    if (hindrance !== undefined) deps.onEvent({ type: 'hindered', ...hindrance });
    const pause = hindrance === undefined ? REGISTER_AFTER : deps.shortestLease;
    await delay(pause, undefined, { ref: false, signal: stopping }).catch(() => undefined);
  }
  watch.stop();
}

/** A reason for not following at all, which only an operator can remove. */
class Obstacle extends Error {
  override readonly name = 'Obstacle';
  readonly hindrance: Hindrance;

  constructor(hindrance: Hindrance) {
    super(hindrance.reason);
    this.hindrance = hindrance;
  }
}

function toHindrance(reason: unknown): Hindrance | undefined {
  if (reason instanceof Obstacle) return reason.hindrance;
  if (reason instanceof StoreNotReady) return { reason: reason.message, remedy: reason.remedy };
  const [remedy, sentence] = accessFault(reason) ?? [];
  return sentence === undefined ? undefined : { reason: sentence, remedy };
}

/** Follows under one registration. Resolves or rejects with the reason why it is over. */
async function followAgain(
  deps: LifeDeps,
  watch: ReturnType<typeof watchLease>,
  stopping: AbortSignal,
): Promise<unknown> {
  const obstacle = await withTimeout(LOOK_TIMEOUT, findObstacle(deps), notLooked, stopping);
  if (obstacle !== undefined) throw new Obstacle(obstacle);
  const others = (await deps.documents.list(undefined)).length;
  const { shortestLease, deadline } = deps;
  const duration = chooseLease(shortestLease, others, deadline);
  if (duration === undefined)
    throw new Obstacle({ reason: withoutLease(shortestLease, others, deadline) });
  let followers = others + 1;
  const over = new AbortController();
  const onCount = (count: number) => {
    followers = count;
  };
  const watching = watchNeighbours({ ...deps, duration, onCount }, over.signal);
  watching.catch(watch.note);
  try {
    return await followOnce(
      {
        ...deps,
        duration,
        gap: () => GAP_PER_FOLLOWER * followers,
        onRegistered(registration) {
          deps.onRegistration(registration);
          deps.onEvent({ type: 'registered', followers, lease: duration });
        },
        onRenewed(feedLag) {
          watch.note(undefined); // earlier faults are over
          deps.onEvent({ type: 'renewed', leaseLeft: deps.lease.left(), feedLag });
          watch.look();
        },
        onTrouble: watch.note,
      },
      stopping,
    );
  } finally {
    over.abort();
  }
}
