import {
  constants,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  verify,
  webcrypto,
} from 'node:crypto';
import { calculateJwkThumbprint } from 'jose';
import type { AsymmetricAlgorithm, Key, PublicJwk, SigningKey } from './key.ts';
import { type ReadKeys, readPrivateKey, readPublicKeys } from './pem-keys.ts';

/**
 * Returns the fault of a private key in PEM, as a phrase that follows the option's name; undefined for a valid key.
 * The phrase never contains a part of the key.
 */
export function privateKeyFault(pem: string): string | undefined {
  return toFault(readPrivateKey(pem));
}

/** Returns the first fault of public keys in PEM, in the form of `privateKeyFault`; undefined for valid keys. */
export function publicKeysFault(pem: string): string | undefined {
  return toFault(readPublicKeys(pem));
}

/** Creates a signing key from a private key in PEM (PKCS#8). Throws a TypeError that names `privateKey`. */
export async function keyFromPrivatePem(pem: string): Promise<SigningKey> {
  const [privateKey] = assertKeys(readPrivateKey(pem), 'privateKey') as [KeyObject];
  const key = await keyFromPublic(createPublicKey(privateKey));
  const der = privateKey.export({ format: 'der', type: 'pkcs8' });
  const algorithm = WEB_CRYPTO[key.alg];
  const cryptoKey = await webcrypto.subtle.importKey('pkcs8', der, algorithm, false, ['sign']);
  return { ...key, cryptoKey };
}

/** Creates keys that only verify, from public keys in PEM. Throws a TypeError that names `publicKeys`. */
export function keysFromPublicPem(pem: string): Promise<Key[]> {
  return Promise.all(assertKeys(readPublicKeys(pem), 'publicKeys').map(keyFromPublic));
}

/** Generates a private key, PKCS#8 in PEM. RSA keys have 3072 bits, to be as strong as Ed25519 (SP 800-57 part 1). */
export function generatePrivateKey(alg: AsymmetricAlgorithm): string {
  const { privateKey } =
    alg === 'EdDSA'
      ? generateKeyPairSync('ed25519')
      : generateKeyPairSync('rsa', { modulusLength: 3072 });
  return privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
}

/** Returns the public key of a private key in PEM, as SPKI in PEM. Throws a TypeError that names `privateKey`. */
export function toPublicPem(pem: string): string {
  const [privateKey] = assertKeys(readPrivateKey(pem), 'privateKey') as [KeyObject];
  return createPublicKey(privateKey).export({ format: 'pem', type: 'spki' }).toString();
}

function toFault(read: ReadKeys): string | undefined {
  return 'fault' in read ? read.fault : undefined;
}

function assertKeys(read: ReadKeys, option: string): readonly KeyObject[] {
  if ('fault' in read) throw new TypeError(`"${option}" ${read.fault}`);
  return read.keys;
}

const WEB_CRYPTO = {
  EdDSA: { name: 'Ed25519' },
  RS256: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
} as const;

interface AsymmetricKey extends Key {
  readonly alg: AsymmetricAlgorithm;
}

async function keyFromPublic(publicKey: KeyObject): Promise<AsymmetricKey> {
  const alg = publicKey.asymmetricKeyType === 'ed25519' ? 'EdDSA' : 'RS256';
  const jwk = publicKey.export({ format: 'jwk' });
  const kid = await calculateJwkThumbprint(jwk as { kty: string });
  const publicJwk = { ...jwk, kid, alg, use: 'sig' } as PublicJwk;
  return { kid, alg, publicJwk, hasSigned: VERIFIERS[alg](publicKey) };
}

/**
 * Creates verifiers with node:crypto, which is faster than jose's WebCrypto. OpenSSL rejects a signature of the wrong
 * length, or with a number that is not below the modulus (RSA) or the group order (Ed25519).
 */
export const VERIFIERS: Readonly<
  Record<AsymmetricAlgorithm, (key: KeyObject) => Key['hasSigned']>
> = {
  /** Verifies with Ed25519 (RFC 8037 section 3.1). */
  EdDSA: (key) => (signedBytes, signature) =>
    verify(null, Buffer.from(signedBytes), key, signature),

  /** Verifies with RSASSA-PKCS1-v1_5 and SHA-256 (RFC 7518 section 3.3). */
  RS256(publicKey) {
    const key = { key: publicKey, padding: constants.RSA_PKCS1_PADDING };
    return (signedBytes, signature) => verify('sha256', Buffer.from(signedBytes), key, signature);
  },
};
