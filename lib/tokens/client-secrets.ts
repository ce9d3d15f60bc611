import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

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
  return digest(secret).toString('hex');
}

/** Whether the hash is of this secret, in a time that does not tell how much of it is. */
export function isHashOfClientSecret(hash: string, secret: string): boolean {
  const stored = Buffer.from(hash, 'hex');
  const expected = digest(secret);
  return stored.byteLength === expected.byteLength && timingSafeEqual(stored, expected);
}

function digest(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
