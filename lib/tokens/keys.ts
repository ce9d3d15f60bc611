import { createHmac, createSecretKey, timingSafeEqual, webcrypto } from 'node:crypto';
import { secretBytes, secretKid } from './secret-key.ts';
import { secretFault } from './secret-rules.ts';

/** A key and the one algorithm it may be used with. */
export interface Key {
  /** RFC 7638 thumbprint of the key. */
  readonly kid: string;
  readonly alg: 'HS256';
  /** For signing with jose. */
  readonly cryptoKey: webcrypto.CryptoKey;
  /** Whether this key made the signature of these bytes. */
  hasSigned(signedBytes: string, signature: Uint8Array): boolean;
}

/** The keys this deployment accepts. */
export interface KeyRing {
  /** The key that signs new tokens. */
  readonly signing: Key;
  /** The key with this `kid`, if it is on the ring. */
  find(kid: string): Key | undefined;
}

/**
 * Makes the ring: the first secret signs, the others only verify what they signed before.
 * Throws a TypeError that names the fault, never the value, when a secret is weak.
 */
export async function createKeyRing(secrets: readonly string[]): Promise<KeyRing> {
  const [signing, ...previous] = await Promise.all(secrets.map(keyFromSecret));
  if (signing === undefined) throw new TypeError('"secrets" must hold at least one secret');
  const byKid = new Map([signing, ...previous].map((key) => [key.kid, key]));
  return { signing, find: (kid) => byKid.get(kid) };
}

async function keyFromSecret(secret: string, index: number): Promise<Key> {
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

/** RFC 7518 section 3.2. By node:crypto: jose goes through WebCrypto, which takes some 20 times as long. */
export function hs256(secret: Uint8Array): Key['hasSigned'] {
  const key = createSecretKey(secret);
  return (signedBytes, signature) => {
    const expected = createHmac('sha256', key).update(signedBytes).digest();
    return signature.byteLength === expected.byteLength && timingSafeEqual(signature, expected);
  };
}
