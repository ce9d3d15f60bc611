import type { Document } from 'mongodb';
import type { RefreshOutcome } from '../mongo/collections.ts';

export interface RefreshInput {
  readonly sessionId: string;
  /** The counter of the refresh token that was presented. */
  readonly counter: number;
  readonly userAgent: string | undefined;
  /** The highest counter among the session's access tokens that this process accepted. It may not be written yet. */
  readonly seenCounter?: number;
  /** Milliseconds for which the previous refresh token is accepted even if its successor was used. */
  readonly grace: number;
  /** Milliseconds after which a session without a refresh expires. */
  readonly idleTtl: number;
}

const NOW = '$$NOW';
const OUTCOME = '$last_refresh.outcome';
const REFRESHES = { $ifNull: ['$refreshes', 0] };

/** The condition that all tokens of the newest counter were issued by servers that maintain `seen_counter`. */
const IS_TRACKED = { $eq: [{ $ifNull: ['$tracked_refreshes', -1] }, REFRESHES] };

/**
 * Returns the update that decides and stores the outcome of a refresh, by the database's clock. Each refresh is a
 * single update, so MongoDB orders the refreshes of a session, even if they reach different servers.
 */
export function refreshUpdate(input: RefreshInput): Document[] {
  return [
    { $set: { last_refresh: { outcome: decideOutcome(input), at: NOW } } },
    {
      $set: {
        refreshes: { $add: [REFRESHES, 1] },
        tracked_refreshes: trackedRefreshes(),
        seen_counter: { $max: [seenCounter(input), input.counter] },
        graces: { $add: [{ $ifNull: ['$graces', 0] }, onlyWhen(['retried', 'recovered'], 1, 0)] },
        counter: onlyWhen(['rotated'], input.counter + 1, '$counter'),
        rotated_at: onlyWhen(['rotated', 'recovered'], NOW, '$rotated_at'),
        rotated_by: onlyWhen(['rotated'], toAgent(input), '$rotated_by'),
        last_used_at: onlyWhen(['rotated'], NOW, '$last_used_at'),
        expires_at: onlyWhen(['rotated'], nextExpiry(input), '$expires_at'),
        reused_at: onlyWhen(['reused'], { $ifNull: ['$reused_at', NOW] }, '$reused_at'),
      },
    },
  ];
}

/** Returns the outcome of the first case that holds. Accepts a counter above the stored one, as after a restore. */
function decideOutcome(input: RefreshInput): Document | RefreshOutcome {
  const { counter } = input;
  const stored = { $ifNull: ['$counter', 0] };
  const isRecent = { $gt: ['$rotated_at', { $subtract: [NOW, input.grace] }] };
  const isPrevious = { $eq: [stored, counter + 1] };
  const isUnseen = { $and: [IS_TRACKED, { $lt: [seenCounter(input), stored] }] };
  const cases: [condition: Document, outcome: RefreshOutcome][] = [
    [{ $gt: ['$reused_at', null] }, 'reused'],
    [{ $lte: [{ $min: ['$expires_at', '$ends_at'] }, NOW] }, 'expired'],
    [{ $and: [{ $eq: [stored, counter] }, isRecent] }, 'repeated'],
    [{ $lte: [stored, counter] }, 'rotated'],
    [{ $and: [isPrevious, isRecent] }, 'retried'],
    [{ $and: [isPrevious, isUnseen] }, 'recovered'],
  ];
  return cases.reduceRight<Document | RefreshOutcome>(
    (otherwise, [condition, outcome]) => ({ $cond: [condition, outcome, otherwise] }),
    'reused',
  );
}

function seenCounter(input: RefreshInput): Document {
  return { $max: ['$seen_counter', input.seenCounter ?? 0] };
}

/** Returns the new `tracked_refreshes`. A rotation sets it to `refreshes`, as this server issues all new tokens. */
function trackedRefreshes(): Document {
  const isKnown = { $or: [{ $eq: [OUTCOME, 'rotated'] }, IS_TRACKED] };
  return { $cond: [isKnown, { $add: [REFRESHES, 1] }, '$tracked_refreshes'] };
}

function toAgent({ userAgent }: RefreshInput): Document {
  return { $literal: userAgent ?? null };
}

function nextExpiry({ idleTtl }: RefreshInput): Document {
  return { $min: [{ $add: [NOW, idleTtl] }, '$ends_at'] };
}

/** Returns `then` for these outcomes, else `otherwise`. `$set` does not create a missing field named by `otherwise`. */
function onlyWhen(
  outcomes: readonly RefreshOutcome[],
  then: unknown,
  otherwise: unknown,
): Document {
  return { $cond: [{ $in: [OUTCOME, outcomes] }, then, otherwise] };
}
