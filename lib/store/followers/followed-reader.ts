import type { Followers } from './followers.ts';

/** The part of the followers that reads what may be remembered. */
export type FollowedReader = Pick<Followers, 'read'>;

/** Reads nothing that may be remembered. */
export const notFollowing: FollowedReader = { read: () => Promise.resolve(undefined) };
