import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { DEFAULTS } from '../../defaults.ts';
import type { KeyRing } from '../keys/key-ring.ts';
import type { AccessToken, Verify } from './verifier.ts';

export interface RememberOptions {
  readonly keys: Pick<KeyRing, 'find'>;
  /** The memory of the cache in bytes, by estimate. Default 96 MiB; 0 caches nothing. */
  readonly rememberedTokenBytes?: number | undefined;
}

/** The bytes of an entry, measured and rounded up. Entries differ only in the user's id: the rest is hashes, UUIDs and times. */
const ENTRY_BYTES = 450;

const UUID_LENGTH = 36;

/** Returns the bytes of an entry. A character outside Latin-1 takes two. */
function sizeCalculation({ userId }: AccessToken): number {
  return ENTRY_BYTES + 2 * Math.max(0, userId.length - UUID_LENGTH);
}

/**
 * Verifies a token once and caches the result, under the SHA-256 of its exact spelling, as long as its key
 * is on the ring. Only what neither time nor a revocation changes is cached: `exp`, `iat` and the
 * revocations are checked at every use, and a refusal is never cached.
 */
export function createRememberedTokens(verify: Verify, options: RememberOptions): Verify {
  const { keys, rememberedTokenBytes = DEFAULTS.rememberedTokenBytes } = options;
  assertBound(rememberedTokenBytes);
  const max = Math.floor(rememberedTokenBytes / ENTRY_BYTES);
  if (max === 0) return verify;
  const maxSize = max * ENTRY_BYTES;
  const remembered = new LRUCache<string, AccessToken>({ max, maxSize, sizeCalculation });

  return function verifyOnce(token) {
    if (typeof token !== 'string') return verify(token); // throws
    const spelling = hash('sha256', token, 'base64');
    const known = remembered.get(spelling);
    if (known !== undefined && keys.find(known.kid) !== undefined) return known;
    const accessToken = verify(token);
    remembered.set(spelling, accessToken);
    return accessToken;
  };
}

function assertBound(bytes: number): void {
  if (Number.isSafeInteger(bytes) && bytes >= 0) return;
  throw new TypeError('"rememberedTokenBytes" must be a whole number of bytes, or 0');
}
