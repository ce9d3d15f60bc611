import { Binary } from 'mongodb';
import { StoreUnavailable } from '../../errors.ts';
import type { RevocationDocument } from '../mongo/collections.ts';

/** The `_id` of the probe, the entry that all servers write to test that writes work. It revokes nothing. */
export const PROBE = 'deployment:readyz';

/** Returns the name of a token's entry, from the token's hash in base64. The stored `_id` is binary: see `toId`. */
export function tokenEntry(hash: string): string {
  return `${TOKEN}${hash}`;
}

/** Returns the name of a session's entry. */
export function sessionEntry(id: string): string {
  return `session:${id}`;
}

/** An id that no user has. Reads for an unknown user use it, so that their timing reveals nothing. */
export const NOBODY = '00000000-0000-0000-0000-000000000000';

/** Returns the name of a user's entry. */
export function userEntry(id: string): string {
  return `user:${id}`;
}

/** Returns the name of a signing key's entry. */
export function signingKeyEntry(kid: string): string {
  return `key:${kid}`;
}

/** Returns the name of a registered client's entry. */
export function clientEntry(id: string): string {
  return `client:${id}`;
}

const TOKEN = 'token:';

/** Returns the `_id` of the entry with this name. No other code may create ids: all need the same BinData subtype. */
export function toId(name: string): Binary | string {
  if (!name.startsWith(TOKEN)) return name;
  return Binary.createFromBase64(name.slice(TOKEN.length), Binary.SUBTYPE_DEFAULT);
}

/** Returns the name of an entry that was read. */
export function fromId({ _id }: RevocationDocument): string {
  return typeof _id === 'string' ? _id : tokenEntry(_id.toString('base64'));
}

/** The entries that one read returned, by name. They include the entries of other callers that shared the read. */
export type Entries = ReadonlyMap<string, RevocationDocument>;

/** Returns the cutoff of an entry in milliseconds; -Infinity without an entry. Stamps up to the cutoff are revoked. */
export function readCutoff(entries: Entries, name: string): number {
  const entry = entries.get(name);
  if (entry === undefined) return Number.NEGATIVE_INFINITY;
  if (!(entry.revoked_before instanceof Date)) {
    throw new StoreUnavailable('An entry in revoked_tokens has no date in revoked_before');
  }
  return entry.revoked_before.getTime();
}
