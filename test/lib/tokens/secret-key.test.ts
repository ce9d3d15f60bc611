import test from 'ava';
import fc from 'fast-check';
import { CompactSign, compactVerify } from 'jose';
import { hs256 } from '../../../lib/tokens/keys/secret-key.ts';

const bytes = (most: number) => fc.uint8Array({ minLength: 1, maxLength: most });

function parts(token: string) {
  const [header, payload, signature = ''] = token.split('.');
  return { signedBytes: `${header}.${payload}`, signature: Buffer.from(signature, 'base64url') };
}

test('the signature of RFC 7515 appendix A.1 is right, and wrong for anything else', (t) => {
  const key =
    'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow';
  const token =
    'eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
  const { signedBytes, signature } = parts(token);
  const hasSigned = hs256(Buffer.from(key, 'base64url'));
  t.true(hasSigned(signedBytes, signature));
  t.false(hasSigned(`${signedBytes}A`, signature));
  t.false(hs256(Buffer.from('another'))(signedBytes, signature));
});

test('a signature that is cut, lengthened or empty is wrong, and no error', (t) => {
  const hasSigned = hs256(Buffer.from('a key'));
  for (const length of [0, 1, 16, 31, 33, 64]) t.false(hasSigned('a.b', Buffer.alloc(length)));
});

test('what jose signs is accepted, and with one bit changed refused, as by jose', async (t) => {
  const property = fc.asyncProperty(
    fc.uint8Array({ minLength: 32, maxLength: 64 }),
    bytes(200),
    fc.nat(255),
    async (secret, payload, bit) => {
      const token = await new CompactSign(payload)
        .setProtectedHeader({ alg: 'HS256' })
        .sign(secret);
      const { signedBytes, signature } = parts(token);
      const accepted = hs256(secret)(signedBytes, signature);
      signature[bit >> 3] = Number(signature[bit >> 3]) ^ (1 << (bit & 7));
      const mutant = `${signedBytes}.${signature.toString('base64url')}`;
      const byJose = await compactVerify(mutant, secret).catch(() => undefined);
      return accepted && !hs256(secret)(signedBytes, signature) && byJose === undefined;
    },
  );
  await t.notThrowsAsync(fc.assert(property, { numRuns: 500 }) as Promise<void>);
});
