import { calculateJwkThumbprint } from 'jose';
import { normalizeSecret } from './secret-rules.ts';

/** The bytes of a secret, as a key. */
export function secretBytes(secret: string): Buffer {
  return Buffer.from(normalizeSecret(secret), 'utf8');
}

/** The name of a secret: its RFC 7638 thumbprint. */
export function secretKid(secret: string): Promise<string> {
  return calculateJwkThumbprint({ kty: 'oct', k: secretBytes(secret).toString('base64url') });
}
