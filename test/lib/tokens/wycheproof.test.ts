import { createPublicKey, type JsonWebKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import test from 'ava';
import { parseCanonicalToken } from '../../../lib/tokens/access/canonical-form.ts';
import type { Key } from '../../../lib/tokens/keys/key.ts';
import { VERIFIERS } from '../../../lib/tokens/keys/key-pair.ts';
import { hs256 } from '../../../lib/tokens/keys/secret-key.ts';

interface Vector {
  readonly tcId: number;
  readonly jws: string;
  readonly result: 'valid' | 'invalid';
}

interface Group {
  readonly private?: JsonWebKey;
  readonly public?: JsonWebKey;
  readonly tests: readonly Vector[];
}

/** The HS256 and RS256 vectors that must end otherwise than they are labelled. Every other algorithm must fail. */
const EXCEPTIONS: Readonly<Record<number, string>> = {
  259: 'labelled valid, but with an empty payload: no token of ours has one',
  367: 'labelled invalid, but byte for byte the valid 357: no verifier can tell them apart',
  370: 'labelled invalid, but byte for byte the valid 357: no verifier can tell them apart',
  372: 'labelled valid, but with a ? in the header: a second spelling of one token',
  373: 'labelled valid, but with a ? in the payload: a second spelling of one token',
};

const VECTORS = 'test/vectors/json_web_signature_test.json';

/** Returns the key of the group as the ring has it: HS256 or RS256 by name, or a secret without a name. */
function toKey({ private: secret, public: shared }: Group): Pick<Key, 'alg' | 'hasSigned'> | null {
  const { alg = secret && 'HS256', ...jwk } = { ...(shared ?? secret) };
  if (alg === 'HS256' && typeof jwk.k === 'string') {
    return { alg, hasSigned: hs256(Buffer.from(jwk.k, 'base64url')) };
  }
  if (alg !== 'RS256') return null;
  return { alg, hasSigned: VERIFIERS.RS256(createPublicKey({ key: jwk, format: 'jwk' })) };
}

/** Takes the verifier's steps before the claims. */
function isAccepted(jws: string, key: ReturnType<typeof toKey>): boolean {
  const token = parseCanonicalToken(jws);
  if (token === undefined || key === null) return false;
  const header = JSON.parse(Buffer.from(token.header, 'base64url').toString());
  const signature = Buffer.from(token.signature, 'base64url');
  return header.alg === key.alg && key.hasSigned(token.signedBytes, signature);
}

test('Wycheproof: only valid HS256 and RS256 tokens in canonical form are accepted', (t) => {
  const file = JSON.parse(readFileSync(VECTORS, 'utf8'));
  const { numberOfTests, testGroups } = file as { numberOfTests: number; testGroups: Group[] };
  const exceptions: string[] = [];
  const accepted: number[] = [];
  let asked = 0;
  for (const group of testGroups) {
    const key = toKey(group);
    for (const { tcId, jws, result } of group.tests) {
      asked++;
      const isTaken = isAccepted(jws, key);
      if (isTaken) accepted.push(tcId);
      if (isTaken !== (key !== null && result === 'valid')) exceptions.push(String(tcId));
    }
  }
  t.deepEqual(exceptions, Object.keys(EXCEPTIONS));
  t.is(asked, numberOfTests);
  t.true(accepted.length > 10, `only ${accepted.length} were accepted: the keys are not read`);
});
