import { gzipSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import { addClient, basic } from '../helpers/clients.ts';
import { isLeaked, toOauthOutcome } from '../helpers/refusals.ts';
import { type Answer, logIn, send, sendAs, testServer } from '../helpers/server.ts';
import { addUser } from '../helpers/users.ts';

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

interface Row {
  readonly name: string;
  readonly body?: string | Buffer | FormData | null;
  readonly headers?: Record<string, string>;
}

/** Each of these, from a registered client and about a live token, has this outcome at both endpoints. */
async function assertOutcome(
  t: ExecutionContext,
  expected: string,
  rowsFor: (token: string) => readonly Row[],
) {
  const server = await testServer(t);
  const { url, collections, log } = server;
  const client = await addClient(collections);
  const token = await logIn(url, (await addUser(collections)).email);
  const answers: Answer[] = [];
  for (const { name, body = null, headers = FORM } of rowsFor(token)) {
    for (const path of ['/oauth/introspect', '/oauth/revoke']) {
      const init = { method: 'POST', headers: { ...headers, ...basic(client) }, body };
      const answer = await send(url + path, init);
      answers.push(answer);
      t.is(toOauthOutcome(answer), expected, `${path}: ${name}`);
      if (answer.status >= 400) t.regex(String(log.at(-1)?.['code']), /^[a-z_]+$/, name);
    }
  }
  t.false(isLeaked(token, answers, server));
  t.is((await sendAs(token, `${url}/api/auth/me`)).status, 200, 'nothing was revoked');
}

const INVALID = '400 invalid_request';

test('A form without a token, or that is none, is refused as an invalid request', (t) =>
  assertOutcome(t, INVALID, (token) => [
    { name: 'no body' },
    { name: 'an empty body', body: '' },
    { name: 'no token', body: 'token_type_hint=access_token' },
    { name: 'an empty token', body: 'token=' },
    { name: 'a token without "="', body: 'token' },
    { name: 'a token in brackets', body: `token[a]=${token}` },
    { name: 'a list of tokens', body: `token[]=${token}` },
    { name: 'a token in dots', body: `token.a=${token}` },
    { name: 'another case', body: `Token=${token}` },
    { name: 'a token behind a semicolon', body: `a=1;token=${token}` },
    { name: '__proto__', body: `__proto__=${token}` },
    { name: '__proto__[token]', body: `__proto__[token]=${token}` },
    { name: 'JSON', body: JSON.stringify({ token }) },
    { name: 'two tokens', body: `token=${token}&token=x` },
    { name: 'two tokens, alike', body: `token=${token}&token=${token}` },
    { name: 'two tokens, one escaped', body: `token=${token}&%74oken=x` },
    { name: 'two tokens, one empty', body: `token=${token}&token=` },
    { name: 'two hints', body: `token=${token}&token_type_hint=a&token_type_hint=b` },
    { name: 'two of what is not known', body: `token=${token}&x=1&x=2` },
    { name: 'a lone %', body: `token=${token}&x=%` },
    { name: 'half an encoding', body: `token=${token}%2` },
    { name: '%zz', body: `token=${token}&%zz=1` },
    { name: 'encoded ISO-8859-1', body: `token=${token}&x=%fc` },
    { name: 'an encoded surrogate', body: `token=${token}&x=%ed%a0%80` },
    { name: 'an overlong encoding', body: `token=${token}&x=%c0%af` },
    { name: 'bytes that are not UTF-8', body: Buffer.from(`token=${token}&x=\u00fc`, 'latin1') },
    { name: 'UTF-16', body: Buffer.from(`token=${token}`, 'utf16le') },
  ]));

test('A body that is not sent as a form in UTF-8 is refused as an invalid request', (t) => {
  const multipart = new FormData();
  multipart.set('token', 'x');
  const types = [
    'application/json',
    'text/plain',
    'application/x-www-form-urlencoded-not',
    'application/x-www-form-urlencoded; charset=utf-16',
    'application/x-www-form-urlencoded; charset=iso-8859-1',
    'application/x-www-form-urlencoded, text/plain',
    'form',
    '*/*',
    ';',
  ];
  return assertOutcome(t, INVALID, (token) => [
    ...types.map((type) => ({
      name: type,
      body: `token=${token}`,
      headers: { 'content-type': type },
    })),
    { name: 'no type', body: Buffer.from(`token=${token}`), headers: {} },
    { name: 'multipart', body: multipart, headers: {} },
    ...['junk', 'compress', 'gzip, gzip', 'gzip', 'deflate', 'br'].map((encoding) => ({
      name: `packed by ${encoding}`,
      body: `token=${token}`,
      headers: { ...FORM, 'content-encoding': encoding },
    })),
  ]);
});

test('A form over 16 KiB is refused with 413, however it is packed', (t) => {
  const sized = (size: number) => `token=${'x'.repeat(size - 6)}`;
  const packed = { ...FORM, 'content-encoding': 'gzip' };
  return assertOutcome(t, '413 invalid_request', () => [
    { name: '16 KiB and a byte', body: sized(16 * 1024 + 1) },
    { name: '5 MB', body: sized(5_000_000) },
    {
      name: '10,000 parameters',
      body: Array.from({ length: 10_000 }, (_, n) => `a${n}=1`).join('&'),
    },
    { name: 'a bomb of 100 MB', body: gzipSync(sized(100_000_000)), headers: packed },
  ]);
});

test('What is not known in a form is ignored, and so is a token that is not spelled like one', (t) =>
  assertOutcome(t, '200', () => [
    { name: 'exactly 16 KiB', body: `token=${'x'.repeat(16 * 1024 - 6)}` },
    { name: 'more parameters', body: 'token=x&scope=a&resource=b&a=&b&=&c[]=1' },
    { name: 'a wrong hint', body: 'token=x&token_type_hint=junk' },
    { name: '__proto__', body: 'token=x&__proto__=1&constructor=2' },
    { name: 'a NUL', body: 'token=a%00b' },
    { name: 'a bare NUL', body: 'token=a\0b' },
    { name: 'line breaks', body: 'token=a%0d%0ab' },
    { name: 'Unicode', body: 'token=%F0%9F%98%80\u00fc' },
    { name: 'an operator', body: 'token=%7B%22%24ne%22%3A1%7D' },
    {
      name: 'another case and charset',
      body: 'token=x',
      headers: { 'content-type': 'Application/X-WWW-Form-Urlencoded; charset="UTF-8"' },
    },
    { name: 'packed', body: gzipSync('token=x'), headers: { ...FORM, 'content-encoding': 'gzip' } },
  ]));
