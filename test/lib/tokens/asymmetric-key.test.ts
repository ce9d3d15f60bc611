import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import test from 'ava';
import fc from 'fast-check';
import { CompactSign, compactVerify } from 'jose';
import type { Key, PublicJwk } from '../../../lib/tokens/keys/key.ts';
import { keyFromPrivatePem, keysFromPublicPem } from '../../../lib/tokens/keys/key-pair.ts';
import { newPair, toPem } from '../../helpers/keys.ts';

const pairs = { EdDSA: newPair('EdDSA'), RS256: newPair('RS256') } as const;
const ALGORITHMS = ['EdDSA', 'RS256'] as const;

/** The key of RFC 8037 appendix A.1. */
const RFC_8037 = {
  kty: 'OKP',
  crv: 'Ed25519',
  d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A',
  x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
};

/** The key of RFC 7638 section 3.1. */
const RFC_7638 = {
  kty: 'RSA',
  n: '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw',
  e: 'AQAB',
};

async function onlyKey(publicPem: string): Promise<Key> {
  const [key, ...others] = await keysFromPublicPem(publicPem);
  if (key === undefined || others.length > 0) throw new Error('There is not exactly one key');
  return key;
}

/** A token, signed by jose. */
async function signed(alg: keyof typeof pairs, payload = 'payload') {
  const { privateKey } = pairs[alg];
  const { kid, cryptoKey } = await keyFromPrivatePem(privateKey);
  const jws = new CompactSign(Buffer.from(payload)).setProtectedHeader({ alg, kid });
  return parts(await jws.sign(cryptoKey));
}

function parts(token: string) {
  const [header, payload, signature = ''] = token.split('.');
  return { signedBytes: `${header}.${payload}`, signature: Buffer.from(signature, 'base64url') };
}

test('names and signatures are those of RFC 8037 appendix A and RFC 7638 section 3.1', async (t) => {
  const pem = toPem(createPrivateKey({ key: RFC_8037, format: 'jwk' }));
  const key = await keyFromPrivatePem(pem);
  t.is(key.kid, 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k');
  const { signedBytes, signature } = parts(
    'eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg',
  );
  t.true(key.hasSigned(signedBytes, signature));
  t.false(key.hasSigned(`${signedBytes}A`, signature));
  const { kid } = await onlyKey(toPem(createPublicKey({ key: RFC_7638, format: 'jwk' })));
  t.is(kid, 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs');
});

for (const alg of ALGORITHMS) {
  test(`${alg}: both halves of a pair are one key, and publish the public half only`, async (t) => {
    const { privateKey, publicKey } = pairs[alg];
    const signing = await keyFromPrivatePem(privateKey);
    const verifying = await onlyKey(publicKey);
    t.is(signing.alg, alg);
    t.is(signing.kid, verifying.kid);
    t.false(signing.cryptoKey.extractable);
    const { kid } = signing;
    const numbers = createPublicKey(publicKey).export({ format: 'jwk' });
    const published = { ...numbers, kid, alg, use: 'sig' } as PublicJwk;
    t.deepEqual([signing.publicJwk, verifying.publicJwk], [published, published]);
    t.false(['d', 'p', 'q', 'dp', 'dq', 'qi', 'k'].some((name) => name in published));
  });

  test(`${alg}: what jose signs is accepted, and with one bit changed refused, as by jose`, async (t) => {
    const verifying = await onlyKey(pairs[alg].publicKey);
    const key = createPublicKey(pairs[alg].publicKey);
    const property = fc.asyncProperty(fc.string(), fc.nat(), async (payload, at) => {
      const { signedBytes, signature } = await signed(alg, payload);
      const accepted = verifying.hasSigned(signedBytes, signature);
      const bit = at % (8 * signature.byteLength);
      signature[bit >> 3] = Number(signature[bit >> 3]) ^ (1 << (bit & 7));
      const mutant = `${signedBytes}.${signature.toString('base64url')}`;
      const byJose = await compactVerify(mutant, key).catch(() => undefined);
      return accepted && !verifying.hasSigned(signedBytes, signature) && byJose === undefined;
    });
    await t.notThrowsAsync(fc.assert(property, { numRuns: 100 }) as Promise<void>);
  });

  test(`${alg}: a signature that is cut, lengthened, padded or empty is wrong, and no error`, async (t) => {
    const { hasSigned } = await onlyKey(pairs[alg].publicKey);
    const { signedBytes, signature } = await signed(alg);
    const zero = Buffer.alloc(1);
    t.true(hasSigned(signedBytes, signature));
    for (const other of [
      Buffer.alloc(0),
      signature.subarray(1),
      signature.subarray(0, -1),
      Buffer.concat([zero, signature]),
      Buffer.concat([signature, zero]),
      Buffer.concat([signature, signature]),
      Buffer.alloc(signature.byteLength),
      Buffer.alloc(signature.byteLength, 0xff),
      Buffer.alloc(4096, 1),
    ]) {
      t.false(hasSigned(signedBytes, other), String(other.byteLength));
    }
  });

  test(`${alg}: the signature of another key, or of another algorithm's, is wrong`, async (t) => {
    const { signedBytes, signature } = await signed(alg);
    for (const other of [
      newPair(alg),
      ...ALGORITHMS.filter((each) => each !== alg).map(pickPair),
    ]) {
      t.false((await onlyKey(other.publicKey)).hasSigned(signedBytes, signature));
    }
  });
}

test('RS256: a signature by another hash or padding is wrong', async (t) => {
  const { hasSigned } = await onlyKey(pairs.RS256.publicKey);
  const key = pairs.RS256.privateKey;
  const bytes = Buffer.from('a.b');
  t.true(hasSigned('a.b', sign('sha256', bytes, key)));
  for (const hash of ['sha1', 'sha384', 'sha512'])
    t.false(hasSigned('a.b', sign(hash, bytes, key)));
  t.false(hasSigned('a.b', sign('sha256', bytes, { key, padding: 6 }))); // RSA-PSS
});

test('RS256: a signature that begins with zeros has to have them all', async (t) => {
  const { hasSigned } = await onlyKey(pairs.RS256.publicKey);
  let round = 0;
  let bytes = '';
  let signature: Buffer;
  do {
    bytes = `round.${round++}`;
    signature = sign('sha256', Buffer.from(bytes), pairs.RS256.privateKey);
  } while (signature[0] !== 0);
  t.true(hasSigned(bytes, signature));
  t.false(hasSigned(bytes, signature.subarray(1)));
});

test('RS256: the same number plus the modulus is no second signature', async (t) => {
  const publicKey = createPublicKey(pairs.RS256.publicKey);
  const { hasSigned } = await onlyKey(pairs.RS256.publicKey);
  const { n = '' } = publicKey.export({ format: 'jwk' });
  const modulus = toNumber(Buffer.from(n, 'base64url'));
  const limit = 1n << 3072n;
  let tried = 0;
  for (let round = 0; tried === 0; round++) {
    const bytes = `round.${round}`;
    const signature = sign('sha256', Buffer.from(bytes), pairs.RS256.privateKey);
    const twin = toNumber(signature) + modulus;
    if (twin >= limit) continue; // it would need another byte
    tried++;
    t.true(hasSigned(bytes, signature));
    t.false(hasSigned(bytes, Buffer.from(twin.toString(16).padStart(768, '0'), 'hex')));
  }
});

test('EdDSA: the same number plus the order of the group is no second signature', async (t) => {
  const { hasSigned } = await onlyKey(pairs.EdDSA.publicKey);
  const { signedBytes, signature } = await signed('EdDSA');
  const order = (1n << 252n) + 27742317777372353535851937790883648493n;
  const s = toNumber(Buffer.from(signature.subarray(32)).reverse());
  const twin = Buffer.from((s + order).toString(16).padStart(64, '0'), 'hex').reverse();
  t.is(twin.byteLength, 32);
  t.true(hasSigned(signedBytes, signature));
  t.false(hasSigned(signedBytes, Buffer.concat([signature.subarray(0, 32), twin])));
});

function pickPair(alg: keyof typeof pairs) {
  return pairs[alg];
}

function toNumber(bytes: Buffer): bigint {
  return BigInt(`0x${bytes.toString('hex')}`);
}
