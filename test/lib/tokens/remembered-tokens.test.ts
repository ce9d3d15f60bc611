import { randomUUID } from 'node:crypto';
import test from 'ava';
import { type Clock, DAY, MINUTE, SECOND } from '../../../lib/time.ts';
import {
  createAccessTokens,
  createRememberedTokens,
} from '../../../lib/tokens/access/access-tokens.ts';
import { type AccessToken, invalid } from '../../../lib/tokens/access/verifier.ts';
import type { Key } from '../../../lib/tokens/keys/key.ts';
import { createKeyRing } from '../../../lib/tokens/keys/key-ring.ts';
import { generateSecret } from '../../../lib/tokens/keys/secret/rules.ts';
import type { User } from '../../../lib/user.ts';

const ACCEPTED: AccessToken = {
  hash: '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=',
  kid: 'current',
  userId: randomUUID(),
  sessionId: randomUUID(),
  stamp: 1,
  issuedAt: 1,
  expiresAt: 2,
};

/** A verifier that counts, in front of it a memory, and a ring whose keys can be taken off. */
function memory(rememberedTokenBytes?: number) {
  const verified: string[] = [];
  const ring = new Map([['current', {} as Key]]);
  const verify = (token: string) => {
    verified.push(token);
    if (token.startsWith('bad')) throw invalid('it is bad');
    return ACCEPTED;
  };
  const bound = rememberedTokenBytes === undefined ? {} : { rememberedTokenBytes };
  return {
    verified,
    ring,
    recall: createRememberedTokens(verify, { keys: { byKid: ring }, ...bound }).verify,
  };
}

const NEVER = new Date(Date.now() + DAY);
const NAMES = { userId: randomUUID(), sessionId: randomUUID(), issuedAt: Date.now() };

const KNOWN = { slots: '\x01\x02\x03\x04\x05', version: 0 };

function principalWith(changes: Partial<User>) {
  const user = { id: NAMES.userId, email: 'a@b.example', name: 'A', companyId: 'c', roles: [] };
  return { user: { ...user, disabled: false, ...changes }, sessionId: NAMES.sessionId };
}

/** The real ones, as lib/auth.ts has them. */
async function accessTokens(clock: Clock, rememberedTokenBytes?: number) {
  const keys = await createKeyRing([generateSecret()]);
  const options = { keys, issuer: 'rescind', audience: 'rescind', accessTokenTtl: MINUTE, clock };
  return createAccessTokens({ ...options, rememberedTokenBytes });
}

test('a token is verified once and says the same ever after', (t) => {
  const { verified, recall } = memory();
  for (let use = 0; use < 3; use++) t.is(recall('a.b.c'), ACCEPTED);
  t.deepEqual(verified, ['a.b.c']);
});

test('another spelling is another token', (t) => {
  const { verified, recall } = memory();
  for (const token of ['a.b.c', 'a.b.c=', 'a.b.C', ' a.b.c']) recall(token);
  t.is(verified.length, 4);
});

test('a refusal is never remembered', (t) => {
  const { verified, recall } = memory();
  for (let use = 0; use < 3; use++) t.throws(() => recall('bad'), { code: 'invalid_token' });
  t.is(verified.length, 3);
});

test('what a key vouched for is forgotten when the key leaves the ring', (t) => {
  const { verified, ring, recall } = memory();
  recall('a.b.c');
  ring.clear();
  recall('a.b.c');
  t.is(verified.length, 2);
});

test('the memory is bounded: the token that was not used for longest goes first', (t) => {
  const { verified, recall } = memory(100_000);
  const tokens = Array.from({ length: 1_000 }, (_, index) => `${index}.${'x'.repeat(500)}`);
  for (const token of tokens) {
    recall(token);
    recall(tokens[0] ?? '');
  }
  t.is(verified.length, 1_000); // the first was in use all the time
  recall(tokens[999] ?? '');
  t.is(verified.length, 1_000);
  recall(tokens[1] ?? '');
  t.is(verified.length, 1_001);
});

test('what is known of tokens and their users counts towards the bound', async (t) => {
  const { issue, verify, recall, setKnown } = await accessTokens(Date.now, 100_000);
  const tokens: string[] = [];
  for (let number = 0; number < 200; number++) {
    const { token } = await issue({ ...NAMES, stamp: 0, authTime: new Date(), endsAt: NEVER });
    tokens.push(token);
    setKnown(verify(token), { ...KNOWN, principal: principalWith({ name: 'n'.repeat(100) }) });
  }
  const remembered = tokens.filter((token) => recall(token)?.known !== undefined);
  t.true(remembered.length > 50, `${remembered.length} are remembered`);
  t.true(remembered.length < 100_000 / 900, `${remembered.length} are remembered`);
  const [last = ''] = remembered.slice(-1);
  const roles = Array.from({ length: 3_000 }, (_, number) => `role-${number}`);
  setKnown(verify(last), { ...KNOWN, principal: principalWith({ roles }) });
  t.is(recall(last), undefined, 'a user that is larger than the memory is not remembered');
});

test('recall knows only what verify has accepted, in that spelling and with a key of the ring', async (t) => {
  const { issue, verify, recall } = await accessTokens(Date.now);
  const { token } = await issue({ ...NAMES, stamp: 0, authTime: new Date(), endsAt: NEVER });
  t.is(recall(token), undefined);
  t.is(recall(token), undefined, 'recall itself remembers nothing');
  const verified = verify(token);
  t.is(recall(token), verified);
  for (const other of [`${token}=`, token.slice(0, -1), `${token} `, '']) {
    t.is(recall(other), undefined);
  }
});

test('0 bytes remember nothing, and a bound that is none is refused by name', (t) => {
  const { verified, recall } = memory(0);
  recall('a.b.c');
  recall('a.b.c');
  t.is(verified.length, 2);
  for (const bytes of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    t.throws(() => memory(bytes), { instanceOf: TypeError, message: /"rememberedTokenBytes"/ });
  }
});

test('what is no string is refused, also when it reads like a remembered token', async (t) => {
  const { issue, verify } = await accessTokens(Date.now);
  const { token } = await issue({
    ...NAMES,
    stamp: Date.now(),
    authTime: new Date(),
    endsAt: NEVER,
  });
  t.is(verify(token), verify(token));
  for (const lookalike of [[token], Buffer.from(token), { toString: () => token }, undefined]) {
    t.throws(() => verify(lookalike as string), { code: 'invalid_token' });
  }
});

test('exp and iat of a remembered token are asked of the clock at every use', async (t) => {
  let now = Date.now();
  const { issue, verify, assertCurrent } = await accessTokens(() => now);
  const { token } = await issue({ ...NAMES, stamp: now, authTime: new Date(now), endsAt: NEVER });
  const use = () => assertCurrent(verify(token));
  t.notThrows(use);
  now += MINUTE + SECOND;
  t.throws(use, { code: 'invalid_token', message: /expired/ });
  now -= 20 * MINUTE;
  t.throws(use, { code: 'invalid_token', message: /future/ });
});
