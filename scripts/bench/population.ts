/** The users that every database of the bench holds, and everything that depends on which they are. */
import { createHash } from 'node:crypto';
import { HOUR } from '../../lib/time.ts';

export const USER_COUNT = 20_000;

/** How many of the users have the tokens that are sent again and again. */
export const HOT_COUNT = 2_000;

/** One of so many users has a cutoff, from an hour ago: all that was issued before is revoked. */
const ONE_WITH_CUTOFF_IN = 20;

/** The same ids in every database and in every process: an UUID from the user's number. */
export function userId(number: number): string {
  const hex = createHash('sha256').update(`user ${number}`).digest('hex');
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
  ];
  return [...parts, hex.slice(20, 32)].join('-');
}

export function emailOf(number: number): string {
  return `john.doe.${number}@testcompany.com`;
}

/** The ids of the first so many users. */
export function userIds(count: number): readonly string[] {
  return Array.from({ length: count }, (_, number) => userId(number));
}

/** The users that a revoke-all has touched: their check finds an entry, and it does not refuse them. */
export function usersWithCutoff(): readonly string[] {
  return userIds(USER_COUNT).filter((_, number) => number % ONE_WITH_CUTOFF_IN === 0);
}

export function cutoff(): Date {
  return new Date(Date.now() - HOUR);
}
