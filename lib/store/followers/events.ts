import type { Remedy } from '../../errors.ts';

/**
 * The reason why a strict read decided a check. `off`: following is switched off. `no_lease`: no lease holds, because this
 * server has not registered yet, cannot follow, or its lease has lapsed. `changed`: the token or its user changed during
 * each read that filled the memory. `user`: the user is missing or disabled. `clock`: the clock of this server is not
 * known to be right, or the token expired meanwhile. `unread`: a read that fills the memory failed.
 */
export type StrictReadCause = 'off' | 'no_lease' | 'changed' | 'user' | 'clock' | 'unread';

/** A reason for not following, as a sentence. */
export interface Hindrance {
  readonly reason: string;
  /** The code of what an operator has to do, if it is one of the known actions. */
  readonly remedy?: Remedy | undefined;
}

/** A server that did not confirm a change, as its document describes it. */
export interface SilentServer {
  /** The id of its registration: the `_id` of its document. */
  readonly id: string;
  readonly host: string;
  readonly version: string;
}

/**
 * An event in the life of a follower, for logs and metrics. Durations are in milliseconds, and fractions of them. Of all
 * that share one follower each receives its events; `strict_read` goes to the one whose check it was.
 */
export type FollowerEvent =
  /**
   * The server is registered: it may remember what it reads from now on. `followers` is the number of servers that follow,
   * this one included, and `lease` the length of its lease. Each registration is an event, so their number shows restarts.
   */
  | { readonly type: 'registered'; readonly followers: number; readonly lease: number }
  /**
   * A renewal came back through the feed, `feedLag` after it was sent. The lease now holds for `leaseLeft`. At rest this
   * happens three times per lease, and soon after each change.
   */
  | { readonly type: 'renewed'; readonly leaseLeft: number; readonly feedLag: number }
  /** The lease no longer holds. Every check reads the database. `cause` is an error or a sentence, if one is known. */
  | { readonly type: 'lapsed'; readonly cause: unknown }
  /** The lease holds, for the first time or again, after `lapsedFor` without one. */
  | { readonly type: 'held'; readonly lapsedFor: number }
  /** The server does not follow, for this reason. It tries again once per lease, and reports each attempt. */
  | ({ readonly type: 'hindered' } & Hindrance)
  /**
   * A revocation was settled `duration` after its acknowledgement. It had reached `reached` of `followers`; the leases of
   * the others, which are `silent`, had ended.
   */
  | {
      readonly type: 'settled';
      readonly duration: number;
      readonly followers: number;
      readonly reached: number;
      readonly silent: readonly SilentServer[];
    }
  /**
   * The deadline of a revocation passed, `duration` after its acknowledgement, before it was settled: it is stored, but the
   * servers that are `silent` may still accept what it revoked. Nobody is named where `followers` could not be read.
   */
  | {
      readonly type: 'unsettled';
      readonly duration: number;
      readonly silent: readonly SilentServer[];
    }
  /** A strict read decides a check, for this reason. A token that is recalled from memory causes no event. */
  | { readonly type: 'strict_read'; readonly cause: StrictReadCause };

export type OnFollower = (event: FollowerEvent) => void;
