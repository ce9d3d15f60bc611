import { createHash, createHmac, hkdfSync, randomUUID } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { AuthError } from '../../../lib/errors.ts';
import { generateSecret } from '../../../lib/tokens/keys/secret/rules.ts';
import { secretKid } from '../../../lib/tokens/keys/secret-key.ts';
import {
  createRefreshTokens,
  type RefreshTokens,
} from '../../../lib/tokens/refresh/refresh-tokens.ts';
import { createIssuer } from '../../helpers/forged-tokens.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const SECRET = generateSecret();
const PREVIOUS = generateSecret();
const SESSION = 'b7f2c1de-8a3b-4c5d-9e6f-a0b1c2d3e4f5';

const tokens = await createRefreshTokens([SECRET, PREVIOUS]);
const TOKEN = tokens.issue({ sessionId: SESSION, counter: 12 });
const [, KID = '', , , MAC = ''] = TOKEN.split('.');

function isRefused(verifier: RefreshTokens, token: unknown): boolean {
  try {
    verifier.verify(token as string);
    return false;
  } catch (error) {
    if (error instanceof AuthError && error.code === 'refresh_token_malformed') return true;
    throw error;
  }
}

/** Each of these is refused, and what was refused stands in no message. */
function assertRefused(t: ExecutionContext, rows: Readonly<Record<string, unknown>>): void {
  t.deepEqual(
    Object.entries(rows).filter(([, token]) => !isRefused(tokens, token)),
    [],
  );
}

/** The token with one of its five parts in other words. */
function withPart(index: number, change: (part: string) => string): string {
  return TOKEN.split('.')
    .map((part, at) => (at === index ? change(part) : part))
    .join('.');
}

/** The text with any mac. */
function signedBy(key: string | Uint8Array, text = `rt1.${KID}.${SESSION}.12`): string {
  return `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`;
}

/** A key derived from the secret (RFC 5869). */
function derived(info: string, salt = ''): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', SECRET, salt, info, 32));
}

test('A refresh token is rt1.<kid>.<sid>.<counter>.<mac>, and says so again', async (t) => {
  const kid = await secretKid(SECRET);
  t.is(TOKEN, `rt1.${kid}.${SESSION}.12.${MAC}`);
  t.regex(MAC, /^[\w-]{43}$/);
  t.deepEqual(tokens.verify(TOKEN), { kid, sessionId: SESSION, counter: 12, isBound: true });
});

test('Any session and counter come back as they went in, always in the same words', (t) => {
  const counters = fc.integer({ min: 0, max: 999_999_999 });
  fc.assert(
    fc.property(fc.uuid(), counters, (sessionId, counter) => {
      const token = tokens.issue({ sessionId, counter });
      t.deepEqual(tokens.verify(token), { kid: KID, sessionId, counter, isBound: true });
      t.is(tokens.issue({ sessionId, counter }), token);
    }),
  );
});

test('A token with any one bit flipped is refused', (t) => {
  const bytes = Buffer.from(TOKEN);
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = Buffer.from(bytes);
    flipped[bit >> 3] = Number(flipped[bit >> 3]) ^ (1 << (bit & 7));
    t.true(isRefused(tokens, flipped.toString('latin1')), `bit ${bit}`);
  }
});

test('Every part of a token, and every token with more, is refused', (t) => {
  for (let length = 0; length < TOKEN.length; length++) {
    t.true(isRefused(tokens, TOKEN.slice(0, length)), `the first ${length}`);
    t.true(isRefused(tokens, TOKEN.slice(TOKEN.length - length)), `the last ${length}`);
  }
  for (const more of ['.', '=', 'A', '.A', '\n', '\0', TOKEN, `.${TOKEN}`]) {
    t.true(isRefused(tokens, TOKEN + more), `with ${JSON.stringify(more)} behind`);
    t.true(isRefused(tokens, more + TOKEN), `with ${JSON.stringify(more)} before`);
  }
});

test('What is not the one spelling of a token is refused', (t) => {
  const otherLast = [...ALPHABET].filter((letter) => letter !== MAC.at(-1));
  assertRefused(t, {
    ...Object.fromEntries(
      otherLast.map((last) => [`mac ending in ${last}`, TOKEN.slice(0, -1) + last]),
    ),
    'base64 padding': `${TOKEN}=`,
    'base64, not base64url': withPart(4, (mac) => Buffer.from(mac, 'base64url').toString('base64')),
    'the mac in hexadecimal': withPart(4, (mac) => Buffer.from(mac, 'base64url').toString('hex')),
    'an upper-case UUID': withPart(2, (id) => id.toUpperCase()),
    'a UUID without hyphens': withPart(2, (id) => id.replaceAll('-', '')),
    'a UUID in braces': withPart(2, (id) => `{${id}}`),
    RT1: withPart(0, (version) => version.toUpperCase()),
    rt2: withPart(0, () => 'rt2'),
    'a leading zero': withPart(3, () => '012'),
    'a plus sign': withPart(3, () => '+12'),
    'a minus sign': withPart(3, () => '-12'),
    'a fraction': withPart(3, () => '12.0'),
    'an exponent': withPart(3, () => '12e0'),
    hexadecimal: withPart(3, () => '0xc'),
    'no counter': withPart(3, () => ''),
    'Arabic digits': withPart(3, () => '١٢'),
    'full-width digits': withPart(3, () => '１２'),
    'a full stop of another script': TOKEN.replaceAll('.', '。'),
    'a space before': ` ${TOKEN}`,
    'a space behind': `${TOKEN} `,
    'a line end behind': `${TOKEN}\n`,
    'a line end of DOS': `${TOKEN}\r\n`,
    'a line separator behind': `${TOKEN}\u2028`,
    'a line end within': withPart(3, () => '12\n'),
    'a zero-width space': withPart(3, () => '12\u200b'),
    'a byte order mark': `\ufeff${TOKEN}`,
    quotes: `"${TOKEN}"`,
    'percent signs': encodeURIComponent(TOKEN).replaceAll('.', '%2E'),
  });
});

test('Also with a right mac only the one spelling is taken', (t) => {
  const key = derived('rescind refresh tokens 1');
  const resigned = (text: string) => signedBy(key, text);
  t.false(isRefused(tokens, resigned(`rt1.${KID}.${SESSION}.12`)), 'this is the key');
  assertRefused(t, {
    'an upper-case UUID': resigned(`rt1.${KID}.${SESSION.toUpperCase()}.12`),
    'a leading zero': resigned(`rt1.${KID}.${SESSION}.012`),
    'minus zero': resigned(`rt1.${KID}.${SESSION}.-0`),
    'a counter past what is ever reached': resigned(`rt1.${KID}.${SESSION}.1000000000`),
    'a session that is no UUID': resigned(`rt1.${KID}.x.12`),
    'a part more': resigned(`rt1.${KID}.${SESSION}.12.x`),
    'no kid': resigned(`rt1..${SESSION}.12`),
    'an unknown kid': resigned(`rt1.${'A'.repeat(43)}.${SESSION}.12`),
    __proto__: resigned(`rt1.__proto__.${SESSION}.12`),
  });
});

test('What is not a string is refused, also what would turn into a token', (t) => {
  assertRefused(t, {
    undefined,
    null: null,
    'a number': 12,
    true: true,
    'an empty list': [],
    'a list of a token': [TOKEN],
    'an object': {},
    'an object that turns into a token': { toString: () => TOKEN },
    'a String object': Object(TOKEN),
    'a buffer': Buffer.from(TOKEN),
    'a symbol': Symbol('token'),
  });
});

test('No text is a token', (t) => {
  const texts = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.stringMatching(
      /^rt1\.[\w-]{43}\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.\d{1,9}\.[\w-]{43}$/,
    ),
  );
  t.notThrows(() => fc.assert(fc.property(texts, (text) => isRefused(tokens, text))));
});

test('A mac vouches for no other session, counter or kid', async (t) => {
  const previousKid = await secretKid(PREVIOUS);
  const counters = fc.integer({ min: 0, max: 999_999_999 }).filter((counter) => counter !== 12);
  fc.assert(
    fc.property(fc.uuid(), counters, (sessionId, counter) => {
      return (
        isRefused(
          tokens,
          withPart(2, () => sessionId),
        ) &&
        isRefused(
          tokens,
          withPart(3, () => String(counter)),
        )
      );
    }),
  );
  t.true(
    isRefused(
      tokens,
      withPart(1, () => previousKid),
    ),
  );
});

test('A token that was changed in any place is another one, and refused', (t) => {
  const places = fc.nat(TOKEN.length);
  const pieces = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 4 }),
    fc.constantFrom(...ALPHABET, '.', '='),
  );
  const property = fc.property(places, fc.nat(4), pieces, (at, taken, piece) => {
    const changed = TOKEN.slice(0, at) + piece + TOKEN.slice(at + taken);
    return changed === TOKEN || isRefused(tokens, changed);
  });
  t.notThrows(() => fc.assert(property, { numRuns: 2_000 }));
});

test('The first secret signs; a previous one is still good, a removed one is not', async (t) => {
  const before = await createRefreshTokens([PREVIOUS]);
  const old = before.issue({ sessionId: SESSION, counter: 3 });
  const previousKid = await secretKid(PREVIOUS);
  const named = { kid: previousKid, sessionId: SESSION, counter: 3, isBound: true };
  t.deepEqual(tokens.verify(old), named);
  t.not(tokens.issue({ sessionId: SESSION, counter: 3 }), old);

  t.true(isRefused(before, TOKEN), 'a secret that is not here yet');
  t.true(isRefused(await createRefreshTokens([SECRET]), old), 'a secret that was removed');
  t.true(isRefused(await createRefreshTokens([generateSecret()]), TOKEN));
});

test('Without a secret there are no tokens', async (t) => {
  await t.throwsAsync(createRefreshTokens([]), { instanceOf: TypeError, message: /"secrets"/ });
});

test('The key of the mac is not the key that signs access tokens, nor any other that is near', (t) => {
  assertRefused(t, {
    'an HS256 signature': signedBy(SECRET),
    'the hash of the secret': signedBy(createHash('sha256').update(SECRET).digest()),
    'no secret at all': signedBy(''),
    'the kid': signedBy(KID),
    'another purpose': signedBy(derived('')),
    'another salt': signedBy(derived('rescind refresh tokens 1', 'salt')),
    'the previous secret': signedBy(PREVIOUS),
  });
});

test('A refresh token is no access token, and an access token is no refresh token', async (t) => {
  const accessTokens = await createIssuer(SECRET);
  t.throws(() => accessTokens.verify(TOKEN), { code: 'invalid_token' });
  const { token } = await accessTokens.issue({
    userId: randomUUID(),
    sessionId: SESSION,
    issuedAt: Date.now(),
    stamp: 1,
    authTime: new Date(),
    endsAt: new Date(Date.now() + 60_000),
  });
  t.true(isRefused(tokens, token));
});

test('A refusal tells neither the token nor the secret', (t) => {
  const error = t.throws(() => tokens.verify(`${TOKEN}A`), { code: 'refresh_token_malformed' });
  for (const part of [MAC, SESSION, SECRET]) t.false(String(error?.stack).includes(part));
});

test('A refresh token is good for the issuer and the audience that it was made for, and for no other', async (t) => {
  const names = ['rescind', 'shop', 'rescind", "shop', 'rescind","shop'];
  const pairs = names.flatMap((issuer) => names.map((audience) => ({ issuer, audience })));
  const makers = await Promise.all(pairs.map((pair) => createRefreshTokens([SECRET], pair)));
  for (const [maker, made] of makers.entries()) {
    const token = made.issue({ sessionId: SESSION, counter: 1 });
    const accepting = [...makers.keys()].filter((index) => {
      const verifier = makers[index];
      return verifier !== undefined && !isRefused(verifier, token);
    });
    t.deepEqual(accepting, [maker]);
  }
});

test('A refresh token of a version that bound none stays valid, for every issuer, and so does its successor', async (t) => {
  const old = signedBy(derived('rescind refresh tokens 1'));
  const successor = signedBy(derived('rescind refresh tokens 1'), `rt1.${KID}.${SESSION}.13`);
  for (const issuer of ['rescind', 'shop']) {
    const verifier = await createRefreshTokens([SECRET], { issuer });
    const token = verifier.verify(old);
    t.is(token.counter, 12);
    t.is(verifier.issue({ ...token, counter: 13 }), successor, 'as the earlier version takes it');
    t.not(verifier.issue({ sessionId: SESSION, counter: 12 }), old, 'a session of its own');
  }
});
