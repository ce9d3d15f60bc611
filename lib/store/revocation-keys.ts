import { Binary } from 'mongodb';
import { StoreUnavailable } from '../errors.ts';
import type { RevocationDocument } from './collections.ts';

/** The entry that proves that this is the collection the server knows. */
export const SENTINEL = 'deployment';

/** Names the entry that servers write to see that they can. It decides nothing, and is one for all of them. */
export const PROBE = 'deployment:readyz';

/** Names a token by its hash in base64. In the database the name is binary: see `idOf`. */
export function tokenKey(hash: string): string {
  return `${TOKEN}${hash}`;
}

/** Names a login. */
export function sessionKey(id: string): string {
  return `session:${id}`;
}

/** No user has this id. */
export const NOBODY = '00000000-0000-0000-0000-000000000000';

/** Names a user. */
export function userKey(id: string): string {
  return `user:${id}`;
}

/** Names a key that signs tokens. */
export function keyKey(kid: string): string {
  return `key:${kid}`;
}

/** Names a registered client. */
export function clientKey(id: string): string {
  return `client:${id}`;
}

const TOKEN = 'token:';

/** The one function that makes the `_id` of a key: another BinData subtype would not be found. */
export function idOf(key: string): Binary | string {
  if (!key.startsWith(TOKEN)) return key;
  return Binary.createFromBase64(key.slice(TOKEN.length), Binary.SUBTYPE_DEFAULT);
}

/** Under which key an entry was found. */
export function keyOf({ _id }: RevocationDocument): string {
  return typeof _id === 'string' ? _id : tokenKey(_id.toString('base64'));
}

/** What one read found, by key: at least what was asked for. */
export type Entries = ReadonlyMap<string, RevocationDocument>;

/** Stamps at or before this are revoked, in milliseconds; -Infinity where the entry is not there. */
export function cutoffOf(entries: Entries, key: string): number {
  const entry = entries.get(key);
  if (entry === undefined) return Number.NEGATIVE_INFINITY;
  if (!(entry.revoked_before instanceof Date)) {
    throw new StoreUnavailable('An entry in revoked_tokens has no date in revoked_before');
  }
  return entry.revoked_before.getTime();
}
