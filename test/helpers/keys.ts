import type { KeyObject } from 'node:crypto';
import type { AsymmetricAlgorithm } from '../../lib/tokens/keys/key.ts';
import { generatePrivateKey, toPublicPem } from '../../lib/tokens/keys/key-pair.ts';

/** Generates a pair of keys in PEM, as operators have it. */
export function newPair(alg: AsymmetricAlgorithm) {
  const privateKey = generatePrivateKey(alg);
  return { privateKey, publicKey: toPublicPem(privateKey) };
}

/** Exports a key as PEM: a public one as SPKI, a private one as PKCS#8. */
export function toPem(key: KeyObject): string {
  const type = key.type === 'public' ? 'spki' : 'pkcs8';
  return key.export({ format: 'pem', type } as { format: 'pem'; type: 'spki' }).toString();
}
