import { createHash } from 'node:crypto';
import test from 'ava';
import { decodeJwt } from 'jose';
import { MINUTE } from '../../lib/time.ts';
import { createAccessTokens } from '../../lib/tokens/access/access-tokens.ts';
import { createKeyRing } from '../../lib/tokens/keys/key-ring.ts';
import { generateSecret } from '../../lib/tokens/keys/secret/rules.ts';
import {
  AUDIENCE,
  createIssuer,
  hashToken,
  ISSUER,
  userId,
  userIds,
} from '../../scripts/bench/tokens.ts';

async function setUp() {
  const secret = generateSecret();
  const accessTokens = createAccessTokens({
    keys: await createKeyRing([secret]),
    issuer: ISSUER,
    audience: AUDIENCE,
    accessTokenTtl: 15 * MINUTE,
    clock: Date.now,
  });
  return { accessTokens, issue: await createIssuer(secret) };
}

test("rescind takes the bench's tokens for its own", async (t) => {
  const { accessTokens, issue } = await setUp();
  const token = await issue(userId(7));
  const verified = accessTokens.verify(token);
  t.is(verified.userId, userId(7));
  t.notThrows(() => accessTokens.assertCurrent(verified));
});

test('a token of the bench has the header and the claims of one of rescind, in their order', async (t) => {
  const { accessTokens, issue } = await setUp();
  const input = {
    userId: userId(0),
    sessionId: userId(1),
    issuedAt: Date.now(),
    stamp: Date.now(),
    authTime: new Date(),
    endsAt: new Date(Date.now() + 86_400_000),
  };
  const { token: real } = await accessTokens.issue(input);
  const read = (token: string, part: number) =>
    JSON.parse(Buffer.from(token.split('.')[part] ?? '', 'base64url').toString());
  const token = await issue(userId(0));
  t.deepEqual(read(token, 0), read(real, 0));
  t.deepEqual(Object.keys(read(token, 1)), Object.keys(read(real, 1)));
  t.is(token.length, real.length);
});

test('a token is known by the SHA-256 of its signed bytes, and no two are the same', async (t) => {
  const { issue } = await setUp();
  const [first, second] = [await issue(userId(0)), await issue(userId(0))];
  const signed = first.slice(0, first.lastIndexOf('.'));
  t.deepEqual(hashToken(first), createHash('sha256').update(signed).digest());
  t.not(first, second);
  t.not(decodeJwt(first).jti, decodeJwt(second).jti);
});

test('every process gives a user the same id', (t) => {
  t.is(userId(1), userId(1));
  t.is(new Set(userIds(1_000)).size, 1_000);
  t.regex(userId(1), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
});
