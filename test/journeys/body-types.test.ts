import { gzipSync } from 'node:zlib';
import test from 'ava';
import { send, testServer } from '../helpers/server.ts';
import { addUser, PASSWORD } from '../helpers/users.ts';
import { assertRefused, EMAIL, GOOD, JSON_TYPE, SECRET } from './bad-bodies.ts';
import { outcomeOf, refusal } from './refusals.ts';

const UNSUPPORTED = refusal('unsupported_media_type');

test('A body that is not sent as JSON in UTF-8 is refused as unsupported', (t) => {
  const form = new FormData();
  form.set('email', EMAIL);
  form.set('password', SECRET);
  const types = [
    'text/plain',
    'text/plain; charset=utf-8',
    'text/json',
    'application/x-www-form-urlencoded',
    'application/xml',
    'application/octet-stream',
    'application/jsonp',
    'application/json-patch+json',
    'application/vnd.api+json',
    '*/*',
    'json',
    'junk',
    ';',
    'application/json, text/plain',
    ...['utf-16', 'utf-16le', 'utf-7', 'iso-8859-1', 'us-ascii', 'junk', '"utf-16"'].map(
      (charset) => `application/json; charset=${charset}`,
    ),
    'application/json; charset=utf-8; charset=utf-16',
    'application/json; charset',
    'application/json; charset="utf-16',
    'application/json charset=utf-16',
  ];
  return assertRefused(t, UNSUPPORTED, [
    ...types.map((type) => ({ name: type, body: GOOD, headers: { 'content-type': type } })),
    { name: 'no type', body: Buffer.from(GOOD), headers: {} },
    { name: 'multipart', body: form, headers: {} },
    ...['compress', 'zstd', 'junk', 'gzip, gzip', 'x-gzip'].map((encoding) => ({
      name: `packed by ${encoding}`,
      body: gzipSync(GOOD),
      headers: { ...JSON_TYPE, 'content-encoding': encoding },
    })),
  ]);
});

test('JSON in UTF-8 is read however its type is written, and so is a byte order mark', async (t) => {
  const { url, collections } = await testServer(t);
  const { email } = await addUser(collections);
  const good = JSON.stringify({ email, password: PASSWORD });
  for (const [type, body] of [
    ['application/json', good],
    ['Application/JSON; charset=UTF-8', good],
    ['application/json;charset="utf-8"', good],
    ['application/json; charset=utf8; unknown=1', good],
    ['application/json', `\r\n\t ${good}\n`],
    ['application/json', `\ufeff${good}`],
  ] as const) {
    const answer = await send(`${url}/api/auth/login`, {
      method: 'POST',
      headers: { 'content-type': type },
      body,
    });
    t.is(outcomeOf(answer), '200', `${type} ${body}`);
  }
});
