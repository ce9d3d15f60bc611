import type { Document } from 'mongodb';
import { DAY, MINUTE, SECOND } from '../../time.ts';

/** The names under which a token can be revoked. */
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
  /** Undefined if only a refresh token of the session is known. */
  readonly userId: string | undefined;
}

export interface RevokeTokenInput extends TokenNames, Cause {
  /** Milliseconds since 1970. */
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

/** A time longer than any login takes, in milliseconds, so that a revocation covers the logins in flight. */
export const LOGIN_IN_FLIGHT = 10 * MINUTE;

/**
 * The milliseconds by which the deployment's cutoff is put ahead of now if the last cutoffs may be lost. Cutoffs of
 * users have lifted some stamps 20 minutes ahead of the clock, or further if a clock was wrong. A day covers a
 * clock that is off by any time zone.
 */
export const LOST_CUTOFFS = DAY;

/** The milliseconds by which an entry outlives its token, in case the primary's clock runs ahead. */
const MARGIN = DAY;

/** The lifetime of a session's entry in milliseconds, longer than any configured session. */
const SESSION_ENTRY_LIFETIME = 92 * DAY;

/**
 * The increment of `writes`. It makes every attempt a new oplog entry whose majority can be awaited:
 * a repeated write never relies on an earlier one that was lost.
 */
const COUNT_WRITES = { writes: { $add: [{ $ifNull: ['$writes', 0] }, 1] } };

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

/** Returns the update that revokes one token, until the token has expired anyway. */
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
 * Returns the update that revokes every token of one user. The cutoff is above the old one and the deployment's,
 * even if the clock was set back, and above the stamp of every login in flight. The server's clock counts too:
 * after a failover to a primary whose clock is behind, stamps of the last one are ahead of `$$NOW`.
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
 * Returns the update that revokes every token of the deployment. The cutoff is also above every stamp that a
 * user's cutoff has lifted. `above` has the newest of both; `ahead` is the least distance from now.
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
 * The distance from the newest stamp, in milliseconds. During the search for that stamp users log in and revoke
 * their tokens, each time a millisecond higher if cutoffs are ahead of the clock, but never a second higher.
 */
const MEANWHILE = SECOND;

/** Returns the update of the probe, which tests that a server can write and revokes nothing. Its kind is not counted. */
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
