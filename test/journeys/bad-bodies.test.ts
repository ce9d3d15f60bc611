import { deflateSync, gzipSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import { isLeaked, refusal, toOutcome } from '../helpers/refusals.ts';
import { type Answer, send, testServer } from '../helpers/server.ts';
import { addUser } from '../helpers/users.ts';

const UNSUPPORTED = refusal('unsupported_media_type');
const MALFORMED = refusal('malformed_body');
const TOO_LARGE = refusal('body_too_large');

const EMAIL = 'jane.roe@example.com';
const SECRET = 'Tr0ub4dor-and-3';
const JSON_TYPE = { 'content-type': 'application/json' };
const GOOD = JSON.stringify({ email: EMAIL, password: SECRET });

interface Row {
  readonly name: string;
  readonly body?: string | Buffer | FormData;
  readonly headers?: Record<string, string>;
}

/** Asserts that each body is refused alike at a login, and that nothing of it is in an answer or the log. */
async function assertRefused(t: ExecutionContext, expected: string, rows: readonly Row[]) {
  const server = await testServer(t);
  await addUser(server.collections, { email: EMAIL });
  const answers: Answer[] = [];
  const seen: [name: string, outcome: string][] = [];
  for (const { name, body = null, headers = JSON_TYPE } of rows) {
    const answer = await send(`${server.url}/api/auth/login`, { method: 'POST', headers, body });
    answers.push(answer);
    seen.push([name, toOutcome(answer)]);
  }
  t.deepEqual(
    seen,
    rows.map(({ name }) => [name, expected]),
  );
  for (const secret of [SECRET, EMAIL, 'roe@']) t.false(isLeaked(secret, answers, server), secret);
}

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
    'application/json; charset=utf-16; charset=utf-8',
    'application/json; charset=utf-8; CHARSET="utf-8"',
    'application/json; x=1; x=";"',
    'application/json; charset',
    'application/json; charset="utf-16',
    'application/json charset=utf-16',
    'application/json; charset=utf-16;',
    'application/json;; charset="utf-16"',
    'application/json; x=";"; charset=utf-16',
    'application/json; x="a',
    'application/json/',
    'application/',
    '/json',
  ];
  return assertRefused(t, UNSUPPORTED, [
    ...types.map((type) => ({ name: type, body: GOOD, headers: { 'content-type': type } })),
    { name: 'no type', body: Buffer.from(GOOD), headers: {} },
    { name: 'multipart', body: form, headers: {} },
    ...['compress', 'zstd', 'junk', 'gzip, gzip', 'gzip, identity', 'g zip'].map((encoding) => ({
      name: `packed by ${encoding}`,
      body: gzipSync(GOOD),
      headers: { ...JSON_TYPE, 'content-encoding': encoding },
    })),
  ]);
});

test('A body that is not a JSON object is refused as malformed', (t) =>
  assertRefused(t, MALFORMED, [
    { name: 'nothing at all' },
    { name: 'an empty text', body: '' },
    { name: 'white space', body: ' \r\n\t ' },
    { name: 'no JSON', body: `email=${EMAIL}&password=${SECRET}` },
    { name: 'half of an object', body: GOOD.slice(0, -1) },
    { name: 'an object and more', body: `${GOOD} ${GOOD}` },
    { name: 'single quotes', body: GOOD.replaceAll('"', "'") },
    { name: 'a comment', body: `/* login */ ${GOOD}` },
    { name: 'a list', body: `[${GOOD}]` },
    { name: 'an empty list', body: '[]' },
    { name: 'a string', body: JSON.stringify(GOOD) },
    { name: 'a number', body: '42' },
    { name: 'null', body: 'null' },
    { name: 'true', body: 'true' },
    { name: 'NaN', body: 'NaN' },
    { name: '__proto__', body: GOOD.replace('}', ',"__proto__":{"admin":true}}') },
    { name: '__proto__ escaped', body: GOOD.replace('}', ',"\\u005f_proto__":{"admin":true}}') },
    { name: '9 levels', body: `{"email":${'['.repeat(9)}${']'.repeat(9)}}` },
    { name: '7,000 levels', body: `{"email":${'['.repeat(7_000)}${']'.repeat(7_000)}}` },
    { name: 'objects in 2,000 levels', body: `${'{"a":'.repeat(2_000)}1${'}'.repeat(2_000)}` },
    { name: 'open for ever', body: '['.repeat(16_000) },
    { name: 'UTF-16', body: Buffer.from(GOOD, 'utf16le') },
    { name: 'ISO-8859-1', body: Buffer.from(GOOD.replace(SECRET, 'm\u00fcller'), 'latin1') },
    {
      name: 'half a letter',
      body: Buffer.from([...Buffer.from(GOOD.slice(0, -2)), 0xc3, 34, 125]),
    },
    { name: 'NUL bytes', body: `\0${GOOD}` },
  ]));

test('A body whose compression is broken is refused as malformed', (t) =>
  assertRefused(
    t,
    MALFORMED,
    [
      { encoding: 'gzip', body: Buffer.from(GOOD) },
      { encoding: 'gzip', body: gzipSync(GOOD).subarray(0, -9) },
      { encoding: 'gzip', body: Buffer.concat([gzipSync(GOOD), Buffer.from('junk')]) },
      { encoding: 'gzip', body: Buffer.from([0x1f, 0x8b, 8, 0, 0]) },
      { encoding: 'gzip', body: Buffer.alloc(0) },
      { encoding: 'deflate', body: Buffer.from(GOOD) },
      { encoding: 'deflate', body: deflateSync(GOOD).subarray(0, -5) },
      { encoding: 'br', body: Buffer.from(GOOD) },
    ].map(({ encoding, body }, index) => ({
      name: `${encoding} ${index}`,
      body,
      headers: { ...JSON_TYPE, 'content-encoding': encoding },
    })),
  ));

test('A body over 16 KiB is refused, however it is packed', (t) => {
  const sized = (size: number) =>
    GOOD.replace('}', `,"x":"${'x'.repeat(size - GOOD.length - 7)}"}`);
  const packed = { ...JSON_TYPE, 'content-encoding': 'gzip' };
  return assertRefused(t, TOO_LARGE, [
    { name: '16 KiB and a byte', body: sized(16 * 1024 + 1) },
    { name: '5 MB', body: sized(5_000_000) },
    { name: '16 KiB and a byte, packed', body: gzipSync(sized(16 * 1024 + 1)), headers: packed },
    { name: 'a bomb of 100 MB', body: gzipSync(sized(100_000_000)), headers: packed },
    { name: 'white space', body: GOOD + ' '.repeat(17_000) },
  ]);
});

test('A body of exactly 16 KiB is read, and so is one that is packed', async (t) => {
  const { url } = await testServer(t);
  const body = GOOD.replace('}', `,"x":"${'x'.repeat(16 * 1024 - GOOD.length - 7)}"}`);
  t.is(body.length, 16 * 1024);
  for (const init of [
    { headers: JSON_TYPE, body },
    { headers: { ...JSON_TYPE, 'content-encoding': 'gzip' }, body: gzipSync(body) },
  ]) {
    const answer = await send(`${url}/api/auth/login`, { method: 'POST', ...init });
    t.is(toOutcome(answer), refusal('invalid_input', '""'));
  }
});

test('A member that is there twice is refused, wherever it is and however its name is escaped', (t) => {
  const twice = (...members: string[]) => ({ name: members.join(), body: `{${members.join()}}` });
  const email = `"email":"${EMAIL}"`;
  const password = `"password":"${SECRET}"`;
  return assertRefused(t, MALFORMED, [
    twice(email, password, password),
    twice(email, password, '"password":"x"'),
    twice(email, '"password":"x"', password),
    twice(email, password, '"p\\u0061ssword":"x"'),
    twice(email, password, '"password"\r\n\t :"x"'),
    twice(email, password, '"x":{"a":1,"a":1}'),
    twice(email, password, '"x":[{"a":{},"b":[],"a":"}"}]'),
    twice(email, password, '"":1', '"":2'),
    twice(email, password, '"\\"":1', '"\\u0022":2'),
    twice(email, password, '"\\\\":1', '"\\\\":2'),
    twice(email, password, '"x":{}', '"x":null'),
  ]);
});

test('Members of one name in different objects, and names that are only alike, are no duplicates', async (t) => {
  const { url } = await testServer(t);
  for (const rest of [
    '"x":{"email":1},"y":{"email":1}',
    '"Email":1',
    '"email ":1',
    '"x":"\\",\\"email\\":1"',
    '"x":["email","email"],"y":[{"a":1},{"a":1}]',
    '"x":"{","y":"}","z":{"x":1}',
  ]) {
    const body = GOOD.replace('}', `,${rest}}`);
    const answer = await send(`${url}/api/auth/login`, {
      method: 'POST',
      headers: JSON_TYPE,
      body,
    });
    t.is(toOutcome(answer), refusal('invalid_input', '""'), rest);
  }
});
