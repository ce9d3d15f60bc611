import { createHash, createSecretKey, randomBytes } from 'node:crypto';
import test from 'ava';
import fc from 'fast-check';
import { CompactSign, compactVerify } from 'jose';
import { hashSignedBytes, parseCanonicalToken } from '../../../lib/tokens/access/canonical-form.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const INTERLOPERS = [
  ...ALPHABET,
  '.',
  '=',
  '+',
  '/',
  ' ',
  '\t',
  '\n',
  '\0',
  '?',
  'é',
  'ſ',
  '\u200b',
  '🦊',
];
const KEY = createSecretKey(randomBytes(32));

const part = fc
  .uint8Array({ minLength: 1, maxLength: 60 })
  .map((bytes) => Buffer.from(bytes).toString('base64url'));
const canonicalToken = fc.tuple(part, part, part).map((parts) => parts.join('.'));

const signedToken = await sign({ sub: 'b7f2c1de', stamp: 1_790_000_000_000, sid: '~~~???' });

function sign(claims: object): Promise<string> {
  return new CompactSign(Buffer.from(JSON.stringify(claims)))
    .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', kid: 'k1' })
    .sign(KEY);
}

async function isVerified(token: string): Promise<boolean> {
  return compactVerify(token, KEY, { algorithms: ['HS256'] }).then(
    () => true,
    () => false,
  );
}

/** False only where both accept a token whose key is not the original's. */
async function hasOneKey(original: string, mutation: string): Promise<boolean> {
  const parsed = parseCanonicalToken(mutation);
  if (parsed === undefined || !(await isVerified(mutation))) return true;
  const signedBytes = original.slice(0, original.lastIndexOf('.'));
  return hashSignedBytes(parsed.signedBytes) === hashSignedBytes(signedBytes);
}

/** The other characters that decode to the same bytes when they stand last. */
function withOtherUnusedBits(value: string): string[] {
  const unusedBits = { 2: 4, 3: 2 }[value.length % 4] ?? 0;
  const last = ALPHABET.indexOf(value.slice(-1));
  return Array.from(
    { length: 2 ** unusedBits - 1 },
    (_, index) => value.slice(0, -1) + ALPHABET[last + index + 1],
  );
}

function respellPart(value: string): string[] {
  const around = ['=', '==', ' ', '\t', '\n', '\r\n', '\0', '\u00a0', '?', '.'];
  return [
    ...withOtherUnusedBits(value),
    ...around.flatMap((extra) => [value + extra, extra + value, value[0] + extra + value.slice(1)]),
    ...[value.replaceAll('-', '+'), value.replaceAll('_', '/')].filter((each) => each !== value),
    '',
  ];
}

function respellings(token: string): string[] {
  const parts = token.split('.');
  const ofParts = parts.flatMap((value, at) =>
    respellPart(value).map((other) => parts.with(at, other).join('.')),
  );
  return [
    ...ofParts,
    parts.join('..'),
    `${token}.${parts[0]}`,
    parts.slice(0, 2).join('.'),
    `"${token}"`,
  ];
}

/** A token with one to three characters replaced, inserted or removed. */
function mutations(token: string): fc.Arbitrary<string> {
  const edit = fc.record({
    at: fc.nat({ max: token.length }),
    removed: fc.nat({ max: 2 }),
    inserted: fc.array(fc.constantFrom(...INTERLOPERS), { maxLength: 2 }),
  });
  return fc
    .array(edit, { minLength: 1, maxLength: 3 })
    .map((edits) =>
      edits.reduce(
        (text, { at, removed, inserted }) =>
          text.slice(0, at) + inserted.join('') + text.slice(at + removed),
        token,
      ),
    );
}

test('A canonical token is taken apart as it stands', (t) => {
  t.deepEqual(parseCanonicalToken('QUI.Zm9v.Xw'), {
    compact: 'QUI.Zm9v.Xw',
    header: 'QUI',
    payload: 'Zm9v',
    signature: 'Xw',
    signedBytes: 'QUI.Zm9v',
  });
});

test('A token has exactly three parts, none of them empty', (t) => {
  for (const token of [
    '',
    '.',
    '..',
    'QQ',
    'QQ.QQ',
    'QQ.QQ.',
    '.QQ.QQ',
    'QQ..QQ',
    'QQ.QQ.QQ.',
    'QQ.QQ.QQ.QQ',
  ]) {
    t.is(parseCanonicalToken(token), undefined, token);
  }
});

test('A part whose length is 1 mod 4 is refused: it decodes to nothing more than without its last character', (t) => {
  for (const bad of ['A', 'AAAAA', 'Zm9vA'])
    t.is(parseCanonicalToken(`QQ.${bad}.QQ`), undefined, bad);
});

test('Of the 64 last characters a part may have only those with no unused bit set are accepted', (t) => {
  const accepted = (stem: string) =>
    [...ALPHABET].filter((last) => parseCanonicalToken(`QQ.${stem}${last}.QQ`)).join('');
  t.is(accepted('A'), 'AQgw');
  t.is(accepted('AA'), 'AEIMQUYcgkosw048');
  t.is(accepted('AAA'), ALPHABET);
});

test('A token may have 4096 bytes, and not one more', (t) => {
  t.truthy(parseCanonicalToken(`AAAA.${'A'.repeat(4086)}.AAAA`));
  t.is(parseCanonicalToken(`AAAA.${'A'.repeat(4087)}.AAAA`), undefined);
  t.is(parseCanonicalToken('.'.repeat(1_000_000)), undefined);
});

test('The key of a token is SHA-256 over its signed bytes', (t) => {
  const expected = createHash('sha256').update('QUI.Zm9v').digest('base64');
  t.is(hashSignedBytes('QUI.Zm9v'), expected);
});

test('Whatever three parts of bytes are encoded, the token is accepted', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(canonicalToken, (token) => parseCanonicalToken(token)?.compact === token),
    ),
  );
});

test('Whatever is accepted is ASCII in three parts, each of which re-encodes to itself', (t) => {
  const character = fc.constantFrom(...INTERLOPERS);
  const anything = fc.oneof(
    fc.string({ unit: character, maxLength: 24 }),
    canonicalToken.chain(mutations),
  );
  const isCanonical = (token: string) =>
    /^[\w-]+\.[\w-]+\.[\w-]+$/.test(token) &&
    token.split('.').every((each) => Buffer.from(each, 'base64url').toString('base64url') === each);
  const property = fc.property(
    anything,
    (token) => !parseCanonicalToken(token) || isCanonical(token),
  );
  t.notThrows(() => fc.assert(property, { numRuns: 5_000 }));
});

test('Each re-spelling of a good token is refused: unused bits, padding, white space, other alphabet, dots', (t) => {
  const property = fc.property(canonicalToken, (token) =>
    respellings(token).every((each) => parseCanonicalToken(each) === undefined),
  );
  t.notThrows(() => fc.assert(property));
});

test('A token signed by jose is canonical, and each of its re-spellings is refused', async (t) => {
  t.is(parseCanonicalToken(signedToken)?.compact, signedToken);
  t.true(await isVerified(signedToken));
  for (const each of respellings(signedToken)) t.is(parseCanonicalToken(each), undefined, each);
});

test('Of all tokens that differ in one character none is both canonical and verified', async (t) => {
  for (let at = 0; at < signedToken.length; at++) {
    for (const other of INTERLOPERS.filter((each) => each !== signedToken[at])) {
      const mutation = signedToken.slice(0, at) + other + signedToken.slice(at + 1);
      if (parseCanonicalToken(mutation) && (await isVerified(mutation))) t.fail(mutation);
    }
  }
  t.pass();
});

test('Whatever the verifier accepts has one key, however a token is mutated', async (t) => {
  const property = fc.asyncProperty(mutations(signedToken), (mutation) =>
    hasOneKey(signedToken, mutation),
  );
  await t.notThrowsAsync(fc.assert(property, { numRuns: 5_000 }));
});

test('Whatever the claims are, the signed token has one key under mutation', async (t) => {
  const claims = fc.dictionary(fc.string({ maxLength: 5 }), fc.jsonValue({ maxDepth: 1 }), {
    maxKeys: 4,
  });
  const property = fc.asyncProperty(claims, fc.gen(), async (value, gen) => {
    const token = await sign(value);
    return hasOneKey(
      token,
      gen(() => mutations(token)),
    );
  });
  await t.notThrowsAsync(fc.assert(property, { numRuns: 500 }));
});
