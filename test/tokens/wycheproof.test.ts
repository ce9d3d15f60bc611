import type { JsonWebKey } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import test from 'ava';
import { parseCanonicalToken } from '../../lib/tokens/canonical-form.ts';
import { hs256 } from '../../lib/tokens/secret-key.ts';

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

/** A key of the ring, if the group's is one that could be there: HS256 by name, or without a name. */
function secretOf(group: Group): Buffer | undefined {
  const { k, alg = 'HS256' } = group.private ?? {};
  return typeof k === 'string' && alg === 'HS256' ? Buffer.from(k, 'base64url') : undefined;
}

/** What the verifier asks of a token before it looks at the claims. */
function isAccepted(jws: string, secret: Buffer | undefined): boolean {
  const token = parseCanonicalToken(jws);
  if (token === undefined || secret === undefined) return false;
  const header = JSON.parse(Buffer.from(token.header, 'base64url').toString());
  const signature = Buffer.from(token.signature, 'base64url');
  return header.alg === 'HS256' && hs256(secret)(token.signedBytes, signature);
}

if (existsSync(VECTORS)) {
  test('Wycheproof: only valid HS256 tokens in canonical form are accepted', (t) => {
    const { testGroups } = JSON.parse(readFileSync(VECTORS, 'utf8')) as { testGroups: Group[] };
    const exceptions: string[] = [];
    for (const group of testGroups) {
      const secret = secretOf(group);
      for (const { tcId, jws, result } of group.tests) {
        const expected = group.private?.['k'] !== undefined && result === 'valid';
        if (isAccepted(jws, secret) !== expected) exceptions.push(String(tcId));
      }
    }
    t.deepEqual(exceptions, Object.keys(EXCEPTIONS));
  });
} else {
  test.skip(`Wycheproof: skipped, since ${VECTORS} is not here`, (t) => t.pass());
}
