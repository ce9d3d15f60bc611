import { createHmac, createPrivateKey, randomUUID, sign } from 'node:crypto';
import test from 'ava';
import { DAY, MINUTE } from '../../../lib/time.ts';
import { createAccessTokens } from '../../../lib/tokens/access/access-tokens.ts';
import { createKeyRing, type KeyRing } from '../../../lib/tokens/keys/key-ring.ts';
import { generateSecret } from '../../../lib/tokens/keys/secret/rules.ts';
import { secretKid } from '../../../lib/tokens/keys/secret-key.ts';
import { newPair } from '../../helpers/keys.ts';

const secret = generateSecret();
const secretName = await secretKid(secret);
const pairs = { EdDSA: newPair('EdDSA'), RS256: newPair('RS256') } as const;
const ALGORITHMS = ['EdDSA', 'RS256'] as const;
const refused = { code: 'invalid_token' } as const;

function tokensBy(keys: KeyRing) {
  const accessTokenTtl = 15 * MINUTE;
  const options = { keys, issuer: 'rescind', audience: 'rescind', accessTokenTtl };
  return createAccessTokens({ ...options, clock: Date.now });
}

const input = () => ({
  userId: randomUUID(),
  sessionId: randomUUID(),
  issuedAt: Date.now(),
  stamp: Date.now(),
  authTime: new Date(),
  endsAt: new Date(Date.now() + DAY),
});

function decodePart(token: string, index: number): string {
  return Buffer.from(token.split('.')[index] ?? '', 'base64url').toString();
}

function readHeader(token: string) {
  return JSON.parse(decodePart(token, 0));
}

/** Returns the signed bytes: the claims of the token under another header. */
function toSignedBytes(token: string, header: object): string {
  const encoded = Buffer.from(JSON.stringify({ ...readHeader(token), ...header }));
  return `${encoded.toString('base64url')}.${token.split('.')[1]}`;
}

/** The token under another header, with a good signature by this private key, which jose would not make. */
function signedBy(privateKey: string, token: string, header: object): string {
  const key = createPrivateKey(privateKey);
  const hash = key.asymmetricKeyType === 'rsa' ? 'sha256' : null;
  const signedBytes = toSignedBytes(token, header);
  return `${signedBytes}.${sign(hash, Buffer.from(signedBytes), key).toString('base64url')}`;
}

/** The token under another header, with an HMAC for a signature. */
function asHs256(token: string, header: object, key: string | Buffer): string {
  const signedBytes = toSignedBytes(token, header);
  return `${signedBytes}.${createHmac('sha256', key).update(signedBytes).digest('base64url')}`;
}

for (const alg of ALGORITHMS) {
  const { privateKey, publicKey } = pairs[alg];

  test(`${alg}: the private key signs, and the secrets only verify`, async (t) => {
    const bySecret = await tokensBy(await createKeyRing([secret])).issue(input());
    const ring = await createKeyRing([generateSecret(), secret], { privateKey });
    const tokens = tokensBy(ring);
    const { token } = await tokens.issue(input());
    t.deepEqual(readHeader(token), { alg, kid: ring.signing.kid, typ: 'at+jwt' });
    t.is(tokens.verify(token).kid, ring.signing.kid);
    t.notThrows(() => tokens.verify(bySecret.token));
  });

  test(`${alg}: a server that has only the public key accepts, and signs with its secret`, async (t) => {
    const { token } = await tokensBy(await createKeyRing([secret], { privateKey })).issue(input());
    const verifying = await createKeyRing([secret], { publicKeys: publicKey });
    t.notThrows(() => tokensBy(verifying).verify(token));
    t.is(verifying.signing.alg, 'HS256');
    const without = tokensBy(await createKeyRing([secret]));
    t.throws(() => without.verify(token), refused);
  });

  test(`${alg}: an HMAC under the public key's name is refused, whatever its key`, async (t) => {
    const ring = await createKeyRing([secret], { privateKey });
    const { issue, verify } = tokensBy(ring);
    const { token } = await issue(input());
    const der = Buffer.from(publicKey.replaceAll(/-----.*?-----|\s/g, ''), 'base64');
    const jwk = JSON.stringify(ring.publicJwks[0]);
    for (const key of [publicKey, publicKey.trim(), der, jwk, secret, '']) {
      for (const header of [{ alg: 'HS256' }, { alg }, { alg: 'HS256', kid: undefined }]) {
        t.throws(() => verify(asHs256(token, header, key)), refused);
      }
      const bySecret = () => verify(asHs256(token, { alg: 'HS256', kid: secretName }, key));
      if (key === secret) t.notThrows(bySecret);
      else t.throws(bySecret, refused);
    }
  });

  test(`${alg}: a good signature under the name of another key or algorithm is refused`, async (t) => {
    const other = ALGORITHMS.find((each) => each !== alg) ?? alg;
    const ring = await createKeyRing([secret], { privateKey, publicKeys: pairs[other].publicKey });
    const { issue, verify } = tokensBy(ring);
    const { token } = await issue(input());
    const { kid } = ring.signing;
    const signedAs = (header: object) => signedBy(privateKey, token, { alg, kid, ...header });
    t.notThrows(() => verify(signedAs({})));
    const otherName = ring.publicJwks[1]?.kid ?? '';
    for (const name of [secretName, otherName, `${kid}=`, kid.toLowerCase()]) {
      t.throws(() => verify(signedAs({ kid: name })), refused, name);
    }
    for (const label of ['HS256', other, 'none', 'Ed25519', 'PS256', alg.toLowerCase()]) {
      t.throws(() => verify(signedAs({ alg: label })), refused, label);
    }
  });
}

test('only public keys are published, each once, the signing one first', async (t) => {
  const [eddsa, rs256] = [pairs.EdDSA, pairs.RS256];
  const published = async (...options: Parameters<typeof createKeyRing>) =>
    (await createKeyRing(...options)).publicJwks.map(({ alg }) => alg);
  t.deepEqual(await published([secret, generateSecret()]), []);
  t.deepEqual(await published([secret], { publicKeys: eddsa.publicKey }), ['EdDSA']);
  const both = { privateKey: rs256.privateKey, publicKeys: eddsa.publicKey + rs256.publicKey };
  t.deepEqual(await published([secret], both), ['RS256', 'EdDSA']);
  const twice = { privateKey: eddsa.privateKey, publicKeys: eddsa.publicKey.repeat(3) };
  t.deepEqual(await published([secret, secret], twice), ['EdDSA']);
});

test('a key of no use makes no ring, and the message names the option', async (t) => {
  const good = pairs.EdDSA;
  for (const [options, name] of [
    [{ privateKey: '' }, 'privateKey'],
    [{ privateKey: good.publicKey }, 'privateKey'],
    [{ publicKeys: good.privateKey }, 'publicKeys'],
    [{ ...good, publicKeys: 'nonsense' }, 'publicKeys'],
  ] as const) {
    const error = await t.throwsAsync(createKeyRing([secret], options), { instanceOf: TypeError });
    t.true(error.message.startsWith(`"${name}" is `), error.message);
  }
  const without = createKeyRing([], good);
  await t.throwsAsync(without, { instanceOf: TypeError, message: /"secrets" must hold/ });
});
