import { hash, randomBytes, timingSafeEqual } from 'node:crypto';

const BYTES = 32;
const FORM = /^[\w-]{43}$/;

/** A new secret of a client: 32 random bytes in base64url. */
export function generateClientSecret(): string {
  return randomBytes(BYTES).toString('base64url');
}

/** Whether it is spelled as secrets are; what is not need not be looked up. */
export function isClientSecret(text: string): boolean {
  return FORM.test(text);
}

/**
 * What is stored of a secret: its SHA-256 in hexadecimal. A slow hash is for what people make up; nobody
 * guesses 32 random bytes.
 */
export function hashOfClientSecret(secret: string): string {
  return hash('sha256', secret, 'hex');
}

/** Whether this is what is stored of the secret, in a time that does not tell how much of it is. */
export function isHashOfClientSecret(stored: string, secret: string): boolean {
  const known = Buffer.from(stored);
  const given = Buffer.from(hashOfClientSecret(secret));
  return known.byteLength === given.byteLength && timingSafeEqual(known, given);
}
