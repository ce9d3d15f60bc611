import type { webcrypto } from 'node:crypto';

/** A key that verifies, and the only algorithm with which it may be used. */
export interface Key {
  /** RFC 7638 thumbprint of the key. */
  readonly kid: string;
  readonly alg: Algorithm;
  /** The public key for other verifiers. A secret has none. */
  readonly publicJwk?: PublicJwk;
  /** Returns true if this key made the signature of these bytes. */
  hasSigned(signedBytes: string, signature: Uint8Array): boolean;
}

/** A key that also signs. */
export interface SigningKey extends Key {
  /** The key that jose signs with. */
  readonly cryptoKey: webcrypto.CryptoKey;
}

/** HS256 for secrets, the other algorithms for key pairs (RFC 7518 section 3.1, RFC 8037 section 3.1). */
export type Algorithm = 'HS256' | AsymmetricAlgorithm;
export type AsymmetricAlgorithm = 'EdDSA' | 'RS256';

/** A public key as published (RFC 7517 section 4, RFC 8037 section 2). */
export type PublicJwk = OkpJwk | RsaJwk;

interface OkpJwk extends PublishedAs<'EdDSA'> {
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  readonly x: string;
}

interface RsaJwk extends PublishedAs<'RS256'> {
  readonly kty: 'RSA';
  readonly n: string;
  readonly e: string;
}

interface PublishedAs<Alg> {
  readonly kid: string;
  readonly alg: Alg;
  readonly use: 'sig';
}
