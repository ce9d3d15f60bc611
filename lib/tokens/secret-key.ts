import { createHmac, createSecretKey, timingSafeEqual, webcrypto } from 'node:crypto';
import { calculateJwkThumbprint } from 'jose';
import type { Key, SigningKey } from './key.ts';
import { normalizeSecret, secretFault } from './secret-rules.ts';

/** The key that a secret is. `index` is its place among the secrets, for the TypeError that tells of a weak one. */
export async function keyFromSecret(secret: string, index: number): Promise<SigningKey> {
  const fault = secretFault(secret);
  if (fault !== undefined) throw new TypeError(`"secrets[${index}]" ${fault}`);
  const bytes = secretBytes(secret);
  const hmac = { name: 'HMAC', hash: 'SHA-256' };
  return {
    kid: await secretKid(secret),
    alg: 'HS256',
    cryptoKey: await webcrypto.subtle.importKey('raw', bytes, hmac, false, ['sign']),
    hasSigned: hs256(bytes),
  };
}

/** The bytes of a secret, as a key. */
export function secretBytes(secret: string): Buffer {
  return Buffer.from(normalizeSecret(secret), 'utf8');
}

/** The name of a secret: its RFC 7638 thumbprint. */
export function secretKid(secret: string): Promise<string> {
  return calculateJwkThumbprint({ kty: 'oct', k: secretBytes(secret).toString('base64url') });
}

/** RFC 7518 section 3.2. By node:crypto: jose goes through WebCrypto, which takes some 20 times as long. */
export function hs256(secret: Uint8Array): Key['hasSigned'] {
  const key = createSecretKey(secret);
  return (signedBytes, signature) => {
    const expected = createHmac('sha256', key).update(signedBytes).digest();
    return signature.byteLength === expected.byteLength && timingSafeEqual(signature, expected);
  };
}
