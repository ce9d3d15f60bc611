import test from 'ava';
import fc from 'fast-check';
import { native, portable } from '../../../lib/passwords/bcrypt.ts';

const COST = 4; // the lowest there is: the answers are the same at every cost

test('the native bcrypt is used where it is installed, as it is for these tests', async (t) => {
  t.not(await native(), undefined);
});

test('a hash of either bcrypt fits its password by the other, and no other password', async (t) => {
  const bcrypts = [portable, (await native()) ?? portable];
  const password = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 72 })
    .filter((text) => Buffer.byteLength(text) <= 72 && !text.includes('\0'));
  const property = fc.property(password, password, (right, wrong) =>
    bcrypts.every((maker) => {
      const hash = maker.hashSync(right, COST);
      return bcrypts.every(
        (checker) =>
          checker.compareSync(right, hash) &&
          checker.compareSync(wrong, hash) === (wrong === right),
      );
    }),
  );
  t.notThrows(() => fc.assert(property, { numRuns: 60 }));
});

test('hashes marked $2a$, $2b$ and $2y$ fit by both', async (t) => {
  const bcrypts = [portable, (await native()) ?? portable];
  const hash = portable.hashSync('pässwörd', COST);
  for (const mark of ['$2a$', '$2b$', '$2y$']) {
    for (const { compareSync } of bcrypts) {
      t.true(compareSync('pässwörd', hash.replace('$2b$', mark)), mark);
      t.false(compareSync('passwörd', hash.replace('$2b$', mark)), mark);
    }
  }
});

test('what is no hash fits nothing, and is no error', async (t) => {
  for (const { compareSync } of [portable, (await native()) ?? portable]) {
    for (const hash of ['', 'x', '$2b$04$', `$2b$04$${'.'.repeat(52)}`]) {
      t.false(compareSync('password', hash), hash);
    }
  }
});
