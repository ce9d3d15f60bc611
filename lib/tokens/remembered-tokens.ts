import { LRUCache } from 'lru-cache';
import type { KeyRing } from './keys.ts';
import type { AccessToken, Verify } from './verifier.ts';

export interface RememberOptions {
  readonly keys: Pick<KeyRing, 'find'>;
  /** How many bytes of memory may be used, by estimate. Default 96 MiB; 0 remembers nothing. */
  readonly rememberedTokenBytes?: number | undefined;
}

const DEFAULT_BYTES = 96 * 1024 * 1024;

/** What an entry takes beside the token itself, in bytes: measured, and rounded up. */
const ENTRY_BYTES = 450;

/**
 * Verifies a token once and remembers what it says, under its exact spelling, for as long as its key
 * is on the ring. Only what no time and no revocation changes is remembered: `exp`, `iat` and the
 * revocations are asked anew at every use, and a refusal is never remembered.
 */
export function createRememberedTokens(verify: Verify, options: RememberOptions): Verify {
  const { keys, rememberedTokenBytes = DEFAULT_BYTES } = options;
  assertBound(rememberedTokenBytes);
  if (rememberedTokenBytes === 0) return verify;
  const remembered = new LRUCache<string, AccessToken>({
    maxSize: rememberedTokenBytes,
    sizeCalculation: (_, token) => token.length + ENTRY_BYTES,
  });

  return function verifyOnce(token) {
    const known = remembered.get(token);
    if (known !== undefined && keys.find(known.kid) !== undefined) return known;
    const accessToken = verify(token);
    remembered.set(copyOf(token), accessToken);
    return accessToken;
  };
}

function assertBound(bytes: number): void {
  if (Number.isSafeInteger(bytes) && bytes >= 0) return;
  throw new TypeError('"rememberedTokenBytes" must be a whole number of bytes, or 0');
}

/** A token cut out of a header is a slice, which would keep the whole header in memory. */
function copyOf(token: string): string {
  return Buffer.from(token, 'latin1').toString('latin1');
}
