import { createPublicKey, createSecretKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import test from 'ava';
import { compactVerify } from 'jose';
import { parseCanonicalToken } from '../../lib/tokens/canonical-form.ts';

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

/** The HS256 vectors that must end otherwise than they are labelled. Every other algorithm must fail. */
const EXCEPTIONS: Readonly<Record<number, string>> = {
  367: 'labelled invalid, but byte for byte the valid 357: no verifier can tell them apart',
  370: 'labelled invalid, but byte for byte the valid 357: no verifier can tell them apart',
  372: 'labelled valid, but with a ? in the header: a second spelling of one token',
  373: 'labelled valid, but with a ? in the payload: a second spelling of one token',
};

const VECTORS = '../shared/vectors/wycheproof/json_web_signature_test.json';

function keyOf(group: Group): KeyObject {
  const secret = group.private?.['k'];
  if (typeof secret === 'string') return createSecretKey(Buffer.from(secret, 'base64url'));
  return createPublicKey({ key: group.public ?? {}, format: 'jwk' });
}

async function isAccepted(jws: string, key: KeyObject): Promise<boolean> {
  if (parseCanonicalToken(jws) === undefined) return false;
  const verified = compactVerify(jws, key, { algorithms: ['HS256'] });
  return verified.then(
    () => true,
    () => false,
  );
}

if (existsSync(VECTORS)) {
  test('Wycheproof: only valid HS256 tokens in canonical form are accepted', async (t) => {
    const { testGroups } = JSON.parse(readFileSync(VECTORS, 'utf8')) as { testGroups: Group[] };
    const exceptions: string[] = [];
    for (const group of testGroups) {
      const key = keyOf(group);
      for (const { tcId, jws, result } of group.tests) {
        const expected = key.type === 'secret' && result === 'valid';
        if ((await isAccepted(jws, key)) !== expected) exceptions.push(String(tcId));
      }
    }
    t.deepEqual(exceptions, Object.keys(EXCEPTIONS));
  });
} else {
  test.skip(`Wycheproof: skipped, since ${VECTORS} is not here`, (t) => t.pass());
}
