import { hash, randomBytes, timingSafeEqual } from 'node:crypto';

const BYTES = 32;
const FORM = /^[\w-]{43}$/;

/** Generates a client secret: 32 random bytes in base64url. */
export function generateClientSecret(): string {
  return randomBytes(BYTES).toString('base64url');
}

/** Returns true for a text in the form of a client secret. Other texts are refused without a database read. */
export function isClientSecret(text: string): boolean {
  return FORM.test(text);
}

/**
 * Returns the hash to store for a secret: SHA-256 in hexadecimal. A slow hash is not needed, since 32 random bytes
 * cannot be guessed.
 */
export function hashClientSecret(secret: string): string {
  return hash('sha256', secret, 'hex');
}

/** Compares a secret with its stored hash in constant time. */
export function matchesClientSecret(stored: string, secret: string): boolean {
  const known = Buffer.from(stored);
  const given = Buffer.from(hashClientSecret(secret));
  return known.byteLength === given.byteLength && timingSafeEqual(known, given);
}
