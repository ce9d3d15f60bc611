import { createHash } from 'node:crypto';
import test from 'ava';
import {
  generateClientSecret,
  hashClientSecret,
  isClientSecret,
  matchesClientSecret,
} from '../../../lib/tokens/client-secrets.ts';

test('A new secret is 32 bytes in base64url, and no two are the same', (t) => {
  const secrets = Array.from({ length: 100 }, generateClientSecret);
  t.is(new Set(secrets).size, 100);
  for (const secret of secrets) {
    t.true(isClientSecret(secret));
    t.is(Buffer.from(secret, 'base64url').byteLength, 32);
  }
});

test('What is not spelled like a secret is none', (t) => {
  const good = generateClientSecret();
  for (const bad of [
    '',
    'x',
    good.slice(1),
    `${good}x`,
    `${good}\n`,
    `${good.slice(1)}=`,
    `${good.slice(1)}+`,
    `${good.slice(1)}\0`,
    `${good.slice(1)}é`,
    'x'.repeat(10_000),
  ]) {
    t.false(isClientSecret(bad), bad.slice(0, 60));
  }
});

test('A secret is stored as its SHA-256, which fits that secret and no other', (t) => {
  const secret = generateClientSecret();
  const hash = hashClientSecret(secret);
  t.is(hash, createHash('sha256').update(secret).digest('hex'));
  t.true(matchesClientSecret(hash, secret));
  for (const other of [generateClientSecret(), '', secret.slice(1), hash]) {
    t.false(matchesClientSecret(hash, other));
  }
});

test('A stored hash that is broken fits no secret', (t) => {
  const secret = generateClientSecret();
  const hash = hashClientSecret(secret);
  for (const broken of ['', 'junk', hash.slice(2), `${hash}00`, secret, `${hash.slice(0, -1)}x`]) {
    t.false(matchesClientSecret(broken, secret), broken);
  }
});
