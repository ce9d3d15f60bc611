import { createHmac, createSecretKey, timingSafeEqual, webcrypto } from 'node:crypto';
import { calculateJwkThumbprint } from 'jose';
import type { Key, SigningKey } from './key.ts';
import { normalizeSecret, secretFault } from './secret/rules.ts';

/** Creates the key of a secret. Throws a TypeError for a weak secret, naming its `index` in the list. */
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

/** Returns the key bytes of a secret: the UTF-8 bytes of the trimmed text. */
export function secretBytes(secret: string): Buffer {
  return Buffer.from(normalizeSecret(secret), 'utf8');
}

/** Returns the `kid` of a secret: its RFC 7638 thumbprint. */
export function secretKid(secret: string): Promise<string> {
  return calculateJwkThumbprint({ kty: 'oct', k: secretBytes(secret).toString('base64url') });
}

/** Creates a verifier of HS256 (RFC 7518 section 3.2) with node:crypto, since jose's WebCrypto is 20 times as slow. */
export function hs256(secret: Uint8Array): Key['hasSigned'] {
  const key = createSecretKey(secret);
  return (signedBytes, signature) => {
    const expected = createHmac('sha256', key).update(signedBytes).digest();
    return signature.byteLength === expected.byteLength && timingSafeEqual(signature, expected);
  };
}
