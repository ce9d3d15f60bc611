import test from 'ava';
import fc from 'fast-check';
import { normalizeEmail } from '../../../lib/passwords/email.ts';

test('Space around an address and its case do not matter', (t) => {
  t.is(normalizeEmail('  John.Doe@TestCompany.COM\r\n'), 'john.doe@testcompany.com');
  t.is(normalizeEmail('\u00a0\ufeffa@b.example\u2003'), 'a@b.example');
  t.is(normalizeEmail('A@B'), normalizeEmail('a@b'));
});

test('Every sign that an unquoted local part may have is kept', (t) => {
  t.is(normalizeEmail("a.!#$%&'*+/=?^_`{|}~-9@b.example"), "a.!#$%&'*+/=?^_`{|}~-9@b.example");
});

test('What is not an address is refused', (t) => {
  for (const value of [
    '',
    ' ',
    'a',
    '@',
    'a@',
    '@b',
    'a@@b',
    'a@b@c',
    'a b@c',
    'a@b c',
    'a@b,c',
    '"a b"@c',
    'A <a@b>',
    'a@[127.0.0.1]',
    'a@-b.example',
    'a@b-.example',
    'a@b..example',
    'a\0@b',
    'a@b\nc@d',
  ]) {
    t.is(normalizeEmail(value), undefined, JSON.stringify(value));
  }
});

test('A trailing dot is refused: it would be a second spelling of one domain', (t) => {
  t.is(normalizeEmail('a@b.example.'), undefined);
});

test('A character that another system may fold into ASCII is refused', (t) => {
  for (const value of [
    'İ@b.example',
    'ı@b.example',
    'ſ@b.example',
    'ａ@b.example',
    'a@ﬁ.example',
    'а@b.example',
  ]) {
    t.is(normalizeEmail(value), undefined, value);
  }
});

test('The Kelvin sign is the letter K, to which Unicode itself normalizes it', (t) => {
  t.is(normalizeEmail('\u212aim@b.example'), 'kim@b.example');
});

test('A character that cannot be seen is refused inside an address', (t) => {
  for (const hidden of [
    '\u200b',
    '\u200d',
    '\u2060',
    '\ufeff',
    '\u00ad',
    '\u00a0',
    '\u202e',
    '\t',
  ]) {
    const codePoint = hidden.codePointAt(0)?.toString(16);
    t.is(normalizeEmail(`a${hidden}b@c.example`), undefined, codePoint);
    t.is(normalizeEmail(`ab@c${hidden}.example`), undefined, codePoint);
  }
});

test('An umlaut is refused in both its forms', (t) => {
  t.is(normalizeEmail('m\u00fcller@b.example'), undefined);
  t.is(normalizeEmail('mu\u0308ller@b.example'), undefined);
});

test('An address may have 254 characters after trimming, and not one more', (t) => {
  const address = (length: number) => `${'a'.repeat(length - '@b.example'.length)}@b.example`;
  t.is(normalizeEmail(`  ${address(254)}  `), address(254));
  t.is(normalizeEmail(address(255)), undefined);
  t.is(normalizeEmail('a@'.repeat(1_000_000)), undefined);
});

const spelling = fc.oneof(
  fc.emailAddress(),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc
    .tuple(
      fc.emailAddress(),
      fc.constantFrom(' ', '\u212a', '\u0130', '\u017f', '\u0307', 'K', '.'),
      fc.nat({ max: 20 }),
    )
    .map(([address, extra, at]) => address.slice(0, at) + extra + address.slice(at)),
);

test('A normal form is printable ASCII in lower case, and its own normal form', (t) => {
  const property = fc.property(spelling, (value) => {
    const normal = normalizeEmail(value);
    return (
      normal === undefined ||
      (/^[!-@[-~]{3,254}$/.test(normal) && normalizeEmail(normal) === normal)
    );
  });
  t.notThrows(() => fc.assert(property, { numRuns: 5_000 }));
});

test('Every spelling of an address in other case or with space around it has one normal form', (t) => {
  const property = fc.property(fc.emailAddress(), (address) => {
    const spellings = [address, address.toUpperCase(), address.toLowerCase(), ` ${address}\n`];
    return new Set(spellings.map(normalizeEmail)).size === 1;
  });
  t.notThrows(() => fc.assert(property));
});
