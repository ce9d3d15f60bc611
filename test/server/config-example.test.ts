import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import test from 'ava';
import { generateSecret } from '../../lib/tokens/keys/secret/rules.ts';
import { parseConfig } from '../../server/config/config.ts';
import { settings } from '../../server/config/settings.ts';

const text = readFileSync('.env.example', 'utf8');
const example = parseEnv(text) as Record<string, string>;

/** Settings without a printable default: secrets, a number that depends on the machine, and none. */
const EMPTY = [
  'JWT_SECRET_KEY',
  'JWT_SECRET_KEY_PREVIOUS',
  'JWT_PRIVATE_KEY',
  'JWT_PUBLIC_KEYS',
  'BCRYPT_THREADS',
  'FOLLOWER_LEASE',
  'CORS_ORIGINS',
];

test('.env.example holds every setting of server/config/settings.ts, once, and nothing else', (t) => {
  const names = [...text.matchAll(/^([A-Z_]+)=/gm)].map(([, name]) => name);
  t.deepEqual(names.sort(), Object.keys(settings).sort());
});

test('.env.example holds the defaults, and empty secrets', (t) => {
  const empty = Object.entries(example).filter(([, value]) => value === '');
  t.deepEqual(empty.map(([name]) => name).sort(), [...EMPTY].sort());

  const secret = { JWT_SECRET_KEY: generateSecret() };
  const { MONGODB_URI = '' } = example;
  t.deepEqual(parseConfig({ ...example, ...secret }), parseConfig({ MONGODB_URI, ...secret }));
});

test('.env.example gives an example of a MongoDB on this machine', (t) => {
  t.regex(example['MONGODB_URI'] ?? '', /^mongodb:\/\/127\.0\.0\.1:27017\/rescind\?/);
});

test('every setting in .env.example is explained by a comment above it', (t) => {
  const paragraphs = text.split('\n\n').filter((paragraph) => /^[A-Z_]+=/m.test(paragraph));
  for (const paragraph of paragraphs) t.regex(paragraph, /^# \S/, paragraph);
});
