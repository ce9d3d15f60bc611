import test from 'ava';
import { MINUTE } from '../../lib/time.ts';
import { assertShare } from './assert-share.ts';
import { carryOut } from './attacks/attack.ts';
import { bodyAttack } from './attacks/bodies.ts';
import { crashing, firstHeader, lenientDecoder, looseTypes } from './attacks/broken-servers.ts';
import { tokenAttack } from './attacks/tokens.ts';
import { attacks } from './attacks-section.ts';

const detail = () => undefined;

test('No mutated token is let in and no mutated body does harm: 2,000 and 500 of those that npm run proof sends', async (t) => {
  t.timeout(20 * MINUTE);
  await assertShare(t, attacks);
});

for (const [name, breakServer, found] of [
  [
    'takes each spelling that decodes to the same bytes',
    lenientDecoder,
    /200 of .* in place of 401/,
  ],
  ['takes the first of two Authorization headers', firstHeader, /two headers: .* in place of 400/],
] as const) {
  test(`The attack by tokens is proved: it finds a server that ${name}`, async (t) => {
    const { faults } = await carryOut(tokenAttack, {
      scope: t,
      detail,
      requests: 1_000,
      breakServer,
    });
    t.regex(faults[0] ?? '', found);
  });
}

test('The attack by bodies is proved: it finds a server that makes strings of what is none', async (t) => {
  const breakServer = looseTypes;
  const { faults } = await carryOut(bodyAttack, { scope: t, detail, requests: 2_000, breakServer });
  t.regex(faults[0] ?? '', /^mutated bodies: .* it (logged in|refreshed)/);
});

test('The attack by bodies is proved: it finds a server that fails with 500', async (t) => {
  const breakServer = crashing;
  const { faults } = await carryOut(bodyAttack, { scope: t, detail, requests: 2_000, breakServer });
  t.regex(faults[0] ?? '', /^mutated bodies: .* it was answered 500/);
});
