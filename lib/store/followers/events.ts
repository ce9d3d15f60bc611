/** An event in the life of a follower, for logs and metrics. Durations are in milliseconds. */
export type FollowerEvent =
  /** The server is registered, with so many followers in all, itself included. */
  | { readonly type: 'registered'; readonly followers: number; readonly lease: number }
  /** A renewal came back through the feed after `feedLag`. The lease now holds for `leaseLeft`. */
  | { readonly type: 'renewed'; readonly leaseLeft: number; readonly feedLag: number }
  /** The lease no longer holds. Every check reads the database. */
  | { readonly type: 'lapsed'; readonly cause: unknown }
  /** The lease holds again, or for the first time. */
  | { readonly type: 'held'; readonly lapsedFor: number }
  /** The server does not follow, for this reason. It tries again once per lease. */
  | { readonly type: 'hindered'; readonly reason: string }
  /** A revocation has reached `reached` of `followers`, and the leases of the others have ended. */
  | {
      readonly type: 'settled';
      readonly duration: number;
      readonly followers: number;
      readonly reached: number;
    };

export type OnFollower = (event: FollowerEvent) => void;
