import type { Document } from 'mongodb';
import { DAY, MINUTE, SECOND } from '../../time.ts';

/** The identifiers by which a token can be revoked: its own, its session's and its user's. */
export interface TokenNames {
  /** SHA-256 of the signed bytes, in base64. */
  readonly hash: string;
  readonly sessionId: string;
  readonly userId: string;
}

/** The reason of a revocation, and its author: the id of a user or a client, or the name of a command. */
export interface Cause {
  readonly reason: string;
  readonly revokedBy: string;
}

export interface RevokeSessionInput extends Cause {
  readonly sessionId: string;
  /** The user of the session; undefined if only a refresh token of the session is known. */
  readonly userId: string | undefined;
}

export interface RevokeTokenInput extends TokenNames, Cause {
  /** The expiry of the token, in milliseconds since 1970. */
  readonly expiresAt: number;
}

export interface RevokeUserInput extends Cause {
  readonly userId: string;
}

export interface RevokeKeyInput extends Cause {
  readonly kid: string;
}

export interface RevokeClientInput extends Cause {
  readonly clientId: string;
}

/** Milliseconds that no login exceeds. Cutoffs are this far ahead of now, so that they also revoke logins in flight. */
export const LOGIN_IN_FLIGHT = 10 * MINUTE;

/**
 * The milliseconds by which the deployment's new cutoff is ahead of now if earlier cutoffs may be lost. The lost
 * cutoffs may have moved stamps 20 minutes ahead of the clock, or further if a clock was wrong. A day is enough even
 * for a clock that is set to another time zone.
 */
export const LOST_CUTOFFS = DAY;

/** Milliseconds for which an entry outlives its token, because a primary whose clock is ahead deletes entries early. */
const MARGIN = DAY;

/** The lifetime of a session's entry in milliseconds, longer than the longest session that can be configured. */
const SESSION_ENTRY_LIFETIME = 92 * DAY;

const NEXT_WRITE = { $add: [{ $ifNull: ['$writes', 0] }, 1] };

/**
 * Makes each revocation change the entry, because an update without a change might not wait for a majority. Sets the
 * two counts to the same number, because the validator refuses servers that raise only `writes`.
 */
const COUNT_WRITES = { writes: NEXT_WRITE, fenced_writes: NEXT_WRITE };

/** Returns the fields that only the first revocation sets: author, time and reason. */
function firstCause({ reason, revokedBy }: Cause): Document {
  return {
    reason: first('reason', { $literal: reason }),
    revoked_by: first('revoked_by', { $literal: revokedBy }),
    revoked_at: first('revoked_at', '$$NOW'),
  };
}

function first(field: string, value: Document | string): Document {
  return { $ifNull: [`$${field}`, value] };
}

/** Returns the update that revokes one token. The entry expires a day after the token. */
export function revokeTokenUpdate(input: RevokeTokenInput): Document[] {
  return [
    {
      $set: {
        kind: 'token',
        user_id: first('user_id', { $literal: input.userId }),
        ...firstCause(input),
        expires_at: { $max: ['$expires_at', new Date(input.expiresAt + MARGIN)] },
        ...COUNT_WRITES,
      },
    },
  ];
}

/** Returns the update that revokes every token of one session. */
export function revokeSessionUpdate(input: RevokeSessionInput): Document[] {
  return [
    {
      $set: {
        kind: 'session',
        ...(input.userId !== undefined && {
          user_id: first('user_id', { $literal: input.userId }),
        }),
        ...firstCause(input),
        expires_at: { $max: ['$expires_at', { $add: ['$$NOW', SESSION_ENTRY_LIFETIME] }] },
        ...COUNT_WRITES,
      },
    },
  ];
}

/** Returns the update that revokes every token that a key has signed or will sign. */
export function revokeKeyUpdate(input: RevokeKeyInput): Document[] {
  return [{ $set: { kind: 'key', ...firstCause(input), ...COUNT_WRITES } }];
}

/** Returns the update that revokes a registered client for good. */
export function revokeClientUpdate(input: RevokeClientInput): Document[] {
  return [{ $set: { kind: 'client', ...firstCause(input), ...COUNT_WRITES } }];
}

/**
 * Returns the update that revokes every token of one user. The new cutoff is above the previous cutoffs of the user and
 * the deployment, even if the clock was set back, and above the stamp of every login in flight. The cutoff is computed
 * from the later of `$$NOW` and the server's time, because `$$NOW` may be behind earlier stamps after a failover.
 */
export function revokeUserUpdate(
  input: RevokeUserInput,
  deployment: number,
  now: number,
): Document[] {
  const above = [new Date(deployment)];
  return [
    {
      $set: {
        kind: 'user',
        user_id: { $literal: input.userId },
        ...latestCause(input),
        revoked_before: cutoffAfter(above, LOGIN_IN_FLIGHT, now),
        ...COUNT_WRITES,
      },
    },
  ];
}

/**
 * Returns the update that revokes every token of the deployment. The new cutoff is at least `ahead` milliseconds from
 * now, and above the dates in `above`: the newest cutoff of a user and the newest stamp of a session.
 */
export function revokeEveryoneUpdate(
  input: Cause,
  above: readonly Date[],
  now: number,
  ahead = 2 * LOGIN_IN_FLIGHT,
): Document[] {
  return [
    {
      $set: {
        ...latestCause(input),
        revoked_before: cutoffAfter(above, ahead, now, MEANWHILE),
        ...COUNT_WRITES,
      },
    },
  ];
}

/**
 * The milliseconds by which the deployment's new cutoff exceeds the newest stamp that was found. Logins and revocations
 * during the search may raise stamps by a millisecond each, but all together by less than a second.
 */
const MEANWHILE = SECOND;

/** Returns the update of the probe entry, which tests that a server can write. The entry revokes nothing. */
export function probeUpdate(): Document[] {
  return [
    {
      $set: {
        kind: 'deployment',
        epoch: 'none',
        revoked_at: '$$NOW',
        revoked_before: new Date(0),
        ...COUNT_WRITES,
      },
    },
  ];
}

function latestCause({ reason, revokedBy }: Cause): Document {
  return {
    reason: { $literal: reason },
    revoked_by: { $literal: revokedBy },
    revoked_at: { $max: ['$revoked_at', '$$NOW'] },
  };
}

function cutoffAfter(above: readonly Date[], ahead: number, now: number, step = 1): Document {
  const floor = { $max: ['$revoked_before', ...above] };
  return {
    $max: [{ $add: [floor, step] }, { $add: ['$$NOW', ahead] }, new Date(now + ahead)],
  };
}
