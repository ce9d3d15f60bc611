import { gzipSync } from 'node:zlib';
import test from 'ava';
import { refusal, toOutcome } from '../helpers/refusals.ts';
import { send, sendLines, sendRaw, testServer } from '../helpers/server.ts';
import { addUser, PASSWORD } from '../helpers/users.ts';

const UNSUPPORTED = refusal('unsupported_media_type');

test('Header grammar is that of RFC 9110: empty parameters and elements, tabs and the case of names mean nothing', async (t) => {
  const { url, collections } = await testServer(t);
  const { email } = await addUser(collections);
  const good = JSON.stringify({ email, password: PASSWORD });
  for (const type of [
    'application/json;',
    'application/json ;',
    'application/json;;',
    'application/json; ; charset=utf-8',
    'application/json;charset=utf-8;',
    'application/json;\tcharset=utf-8',
    'application/json\t; CHARSET="UTF-8" ;\t',
    'application/json; x="a;b"; charset=utf-8',
    'application/json; x="a\\";;"; charset=utf-8',
    'application/json; x=";charset=utf-16;"',
  ]) {
    const init = { method: 'POST', headers: { 'content-type': type }, body: good };
    t.is(toOutcome(await send(`${url}/api/auth/login`, init)), '200', type);
  }
  for (const [coding, body] of [
    ['GZIP', gzipSync(good)],
    ['x-gzip', gzipSync(good)],
    [', gzip ,', gzipSync(good)],
    ['identity', Buffer.from(good)],
    ['Identity', Buffer.from(good)],
    [',', Buffer.from(good)],
  ] as const) {
    const headers = { 'content-type': 'application/json', 'content-encoding': coding };
    const answer = await send(`${url}/api/auth/login`, { method: 'POST', headers, body });
    t.is(toOutcome(answer), '200', coding);
  }
  for (const [line, status] of [
    ['Expect: 100-Continue', 100],
    ['Expect: , 100-continue', 100],
    ['Expect: ,', 200],
    ['Authorization: bEARER   x', 200],
  ] as const) {
    t.is((await sendLines(url, 'GET /livez HTTP/1.1', line)).status, status, line);
  }
});

test('A type that is sent twice is refused, whichever comes first: Node keeps the first, and a proxy may go by the other', async (t) => {
  const { url, log } = await testServer(t);
  for (const types of [
    ['application/json', 'text/plain'],
    ['text/plain', 'application/json'],
    ['application/json', 'application/json; charset=utf-16'],
    ['application/json', 'application/json'],
  ] as const) {
    const [first, second] = types;
    const lines = [`Content-Type: ${first}`, `content-type: ${second}`, 'Content-Length: 2'];
    const head = ['POST /api/auth/login HTTP/1.1', 'Host: x', 'Connection: close', ...lines];
    const answer = await sendRaw(url, `${head.join('\r\n')}\r\n\r\n{}`);
    t.is(toOutcome(answer), UNSUPPORTED, types.join());
    t.is(log.at(-1)?.['code'], 'unsupported_media_type');
  }
});

test('An invalid Host is refused, whatever else the request contains', async (t) => {
  const { url } = await testServer(t);
  for (const [host, status] of [
    ['', 200],
    ['x', 200],
    ['my_host:8001', 200],
    ['xn--mnchen-3ya.example:', 200],
    ['[::1]:8001', 200],
    ['a b', 400],
    ['x:8001:8002', 400],
    ['x:port', 400],
    ['[::1', 400],
    ['x/y', 400],
    ['user@x', 400],
    ['x,\ty', 400],
    ['<script>', 400],
  ] as const) {
    const request = `GET /livez HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
    t.is((await sendRaw(url, request)).status, status, host);
  }
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
    t.is(toOutcome(answer), '200', `${type} ${body}`);
  }
});
