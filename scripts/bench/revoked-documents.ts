/** Entries of `revoked_tokens` as rescind writes them; that it finds them is proved before each measurement. */
import { randomBytes, randomUUID } from 'node:crypto';
import type { RevocationDocument } from '../../lib/store/collections.ts';
import { idOf, sessionKey, tokenKey, userKey } from '../../lib/store/revocation-keys.ts';
import { DAY, HOUR } from '../../lib/time.ts';
import { cutoff } from './population.ts';

/**
 * Entries as so many logouts leave them: a logout writes one for the token and one for the session. The
 * tokens are nobody's; their names are random as hashes are.
 */
export function logoutDocuments(count: number): RevocationDocument[] {
  const hashes = randomBytes(32 * Math.ceil(count / 2));
  return Array.from({ length: count }, (_, index) => {
    if (index % 2 === 1) return ended('session', sessionKey(randomUUID()), 92 * DAY);
    return revokedToken(hashes.subarray(index * 16, index * 16 + 32));
  });
}

/** The entry of one token; none expires while a bench runs. */
export function revokedToken(hash: Buffer): RevocationDocument {
  return ended('token', idOf(tokenKey(hash.toString('base64'))), 25 * HOUR);
}

function ended(
  kind: 'token' | 'session',
  _id: RevocationDocument['_id'],
  lifetime: number,
): RevocationDocument {
  const user_id = randomUUID();
  const revoked_at = new Date();
  const expires_at = new Date(revoked_at.getTime() + lifetime);
  return {
    _id,
    kind,
    user_id,
    reason: 'logout',
    revoked_by: user_id,
    revoked_at,
    expires_at,
    writes: 1,
  };
}

/** A user's entry after a revoke-all an hour ago. */
export function cutoffDocument(userId: string): RevocationDocument {
  const revoked_before = cutoff();
  return {
    _id: userKey(userId),
    kind: 'user',
    user_id: userId,
    reason: 'revoke_all',
    revoked_by: userId,
    revoked_at: revoked_before,
    revoked_before,
    writes: 1,
  };
}
