import type { Key, PublicJwk, SigningKey } from './key.ts';
import { keyFromPrivatePem, keysFromPublicPem } from './key-pair.ts';
import { keyFromSecret } from './secret-key.ts';

/** The keys that this deployment accepts. */
export interface KeyRing {
  readonly signing: SigningKey;
  /** The public keys for other verifiers, the signing key first. Secrets are not included. */
  readonly publicJwks: readonly PublicJwk[];
  /** All keys, by their `kid`. */
  readonly byKid: ReadonlyMap<string, Key>;
}

export interface AsymmetricKeyOptions {
  /** The key that signs new tokens in place of the first secret: Ed25519 or RSA, PKCS#8 in PEM. */
  readonly privateKey?: string | undefined;
  /** Keys that only verify: public keys in PEM, one after the other. */
  readonly publicKeys?: string | undefined;
}

/**
 * Creates the ring. The private key signs; without a private key, the first secret does. All other keys only verify.
 * Throws a TypeError that names the fault, never the value, if a secret is weak or a key unusable.
 */
export async function createKeyRing(
  secrets: readonly string[],
  { privateKey, publicKeys }: AsymmetricKeyOptions = {},
): Promise<KeyRing> {
  const [first, ...previous] = await Promise.all(secrets.map(keyFromSecret));
  if (first === undefined) throw new TypeError('"secrets" must hold at least one secret');
  const signing = privateKey === undefined ? first : await keyFromPrivatePem(privateKey);
  const published = publicKeys === undefined ? [] : await keysFromPublicPem(publicKeys);
  const byKid = new Map(
    [signing, ...published, first, ...previous].map((key): [string, Key] => [key.kid, key]),
  );
  return {
    signing,
    publicJwks: [...byKid.values()].flatMap(({ publicJwk }) => publicJwk ?? []),
    byKid,
  };
}
