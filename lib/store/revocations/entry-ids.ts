import { Binary } from 'mongodb';
import { StoreUnavailable } from '../../errors.ts';
import { NAMES, type RevocationDocument } from '../mongo/collections.ts';

/** The `_id` of the probe, an entry that revokes nothing. All servers write the probe to test that writes succeed. */
export const PROBE = 'deployment:readyz';

/** Returns the name of a token's entry, from the token's hash in base64. `toId` converts the name to a binary `_id`. */
export function tokenEntry(hash: string): string {
  return `${TOKEN}${hash}`;
}

export function sessionEntry(id: string): string {
  return `session:${id}`;
}

/** An id that no user has. Reads for an unknown user use it, so that timing does not reveal which users exist. */
export const NOBODY = '00000000-0000-0000-0000-000000000000';

export function userEntry(id: string): string {
  return `user:${id}`;
}

export function signingKeyEntry(kid: string): string {
  return `key:${kid}`;
}

export function clientEntry(id: string): string {
  return `client:${id}`;
}

const TOKEN = 'token:';

/** Converts the name of an entry to its `_id`. All code must use it, because all ids need the same BinData subtype. */
export function toId(name: string): Binary | string {
  if (!name.startsWith(TOKEN)) return name;
  return Binary.createFromBase64(name.slice(TOKEN.length), Binary.SUBTYPE_DEFAULT);
}

/** Converts the `_id` of an entry to its name. */
export function fromId({ _id }: RevocationDocument): string {
  return typeof _id === 'string' ? _id : tokenEntry(_id.toString('base64'));
}

/** The entries that one read returned, by name. They include entries for the other callers that shared the read. */
export type Entries = ReadonlyMap<string, RevocationDocument>;

/** Returns the cutoff of an entry in milliseconds; -Infinity without an entry. Stamps up to the cutoff are revoked. */
export function readCutoff(entries: Entries, name: string): number {
  const entry = entries.get(name);
  if (entry === undefined) return Number.NEGATIVE_INFINITY;
  if (!(entry.revoked_before instanceof Date)) {
    throw new StoreUnavailable(`An entry in ${NAMES.revokedTokens} has no date in revoked_before`);
  }
  return entry.revoked_before.getTime();
}
