import { Binary } from 'mongodb';
import { StoreUnavailable } from '../../errors.ts';
import type { RevocationDocument } from '../mongo/collections.ts';

/** The `_id` of the entry that servers write to test that they can. It decides nothing, and all servers share it. */
export const PROBE = 'deployment:readyz';

/** Returns the key of a token's entry, from its hash in base64. The stored `_id` is binary: see `idOf`. */
export function tokenKey(hash: string): string {
  return `${TOKEN}${hash}`;
}

/** Returns the key of a session's entry. */
export function sessionKey(id: string): string {
  return `session:${id}`;
}

/** An id that no user has. */
export const NOBODY = '00000000-0000-0000-0000-000000000000';

/** Returns the key of a user's entry. */
export function userKey(id: string): string {
  return `user:${id}`;
}

/** Returns the key of a signing key's entry. */
export function keyKey(kid: string): string {
  return `key:${kid}`;
}

/** Returns the key of a registered client's entry. */
export function clientKey(id: string): string {
  return `client:${id}`;
}

const TOKEN = 'token:';

/** Returns the `_id` of an entry. No other code may create it: another BinData subtype would not be found. */
export function idOf(key: string): Binary | string {
  if (!key.startsWith(TOKEN)) return key;
  return Binary.createFromBase64(key.slice(TOKEN.length), Binary.SUBTYPE_DEFAULT);
}

/** Returns the key of an entry that was read. */
export function keyOf({ _id }: RevocationDocument): string {
  return typeof _id === 'string' ? _id : tokenKey(_id.toString('base64'));
}

/** The entries that one read found, by key. Other callers' entries may be among them. */
export type Entries = ReadonlyMap<string, RevocationDocument>;

/** Returns the cutoff of an entry in milliseconds: stamps at or before it are revoked. Without an entry it is -Infinity. */
export function cutoffOf(entries: Entries, key: string): number {
  const entry = entries.get(key);
  if (entry === undefined) return Number.NEGATIVE_INFINITY;
  if (!(entry.revoked_before instanceof Date)) {
    throw new StoreUnavailable('An entry in revoked_tokens has no date in revoked_before');
  }
  return entry.revoked_before.getTime();
}
