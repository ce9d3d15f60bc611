import type { webcrypto } from 'node:crypto';

/** A key and the one algorithm it may be used with. */
export interface Key {
  /** RFC 7638 thumbprint of the key. */
  readonly kid: string;
  readonly alg: Algorithm;
  /** For others to verify by. A secret has none. */
  readonly publicJwk?: PublicJwk;
  /** Whether this key made the signature of these bytes. */
  hasSigned(signedBytes: string, signature: Uint8Array): boolean;
}

/** A key that also signs. */
export interface SigningKey extends Key {
  /** For signing with jose. */
  readonly cryptoKey: webcrypto.CryptoKey;
}

/** RFC 7518 section 3.1, RFC 8037 section 3.1: what a secret is for, and what a pair of keys is for. */
export type Algorithm = 'HS256' | AsymmetricAlgorithm;
export type AsymmetricAlgorithm = 'EdDSA' | 'RS256';

/** A public key as it is published (RFC 7517 section 4, RFC 8037 section 2). */
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
