import type { Document } from 'mongodb';
import { DAY, MINUTE, SECOND } from '../time.ts';

/** The names under which a token can be revoked. */
export interface TokenNames {
  /** SHA-256 of the signed bytes, in base64. */
  readonly hash: string;
  readonly sessionId: string;
  readonly userId: string;
}

/** Why something is revoked, and by whom: the id of a user or a client, or the name of a command. */
export interface Cause {
  readonly reason: string;
  readonly revokedBy: string;
}

export interface RevokeSessionInput extends Cause {
  readonly sessionId: string;
  /** Undefined where a refresh token is all that is known of the session. */
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

/** Longer than any login takes, so that a revocation reaches the logins in flight. */
export const LOGIN_IN_FLIGHT = 10 * MINUTE;

/**
 * How far ahead of now the deployment's cutoff is put where the last one may be lost, and with it the cutoffs
 * of users: some stamps were lifted by those, 20 minutes ahead of the clock, or further where a clock was
 * wrong. With a day a clock may be off by any time zone.
 */
export const LOST_CUTOFFS = DAY;

/** How long an entry outlives its token, against a primary whose clock runs ahead. */
const MARGIN = DAY;

/** Longer than the longest life of a session that any configuration allows. */
const SESSION_ENTRY_LIFETIME = 92 * DAY;

/**
 * Every attempt counts up `writes`, so it is a new entry in the oplog whose majority can be waited
 * for: a repeated write never takes an earlier, lost one for granted.
 */
const COUNT_WRITES = { writes: { $add: [{ $ifNull: ['$writes', 0] }, 1] } };

/** Written once and kept: who was first to revoke it, when and why. */
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

/** Revokes one token, until it could not be used anyway. */
export function tokenEntry(input: RevokeTokenInput): Document[] {
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

/** Revokes every token of one login. */
export function sessionEntry(input: RevokeSessionInput): Document[] {
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

/** Revokes every token that a key has signed, or ever will. */
export function keyEntry(input: RevokeKeyInput): Document[] {
  return [{ $set: { kind: 'key', ...firstCause(input), ...COUNT_WRITES } }];
}

/** Keeps a registered client out for good. */
export function clientEntry(input: RevokeClientInput): Document[] {
  return [{ $set: { kind: 'client', ...firstCause(input), ...COUNT_WRITES } }];
}

/**
 * Revokes every token of one user: above the old cutoff and the deployment's even when the clock was
 * set back, and above the stamp of every login in flight. The server's own clock has a say too: after
 * a failover to a primary whose clock is behind, the stamps of the last one are ahead of `$$NOW`.
 */
export function userEntry(input: RevokeUserInput, deployment: number, now: number): Document[] {
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
 * Revokes every token of the deployment: in the same way, and above every stamp that a user's own
 * cutoff has lifted. `above` holds the newest of both; `ahead` is the least that it reaches ahead of now.
 */
export function everyoneEntry(
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
 * While the newest stamp is looked for users go on revoking their tokens and logging in, each time a
 * millisecond higher where the cutoffs are ahead of the clock. None gets a second higher in that time.
 */
const MEANWHILE = SECOND;

/** Revokes nothing: what a server writes to see that it can. Of the sentinel's kind, whose entries nothing counts. */
export function probeEntry(): Document[] {
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
