import test from 'ava';
import { refusal, toOauthOutcome, toOutcome } from '../helpers/refusals.ts';
import { send, sendLines, testServer } from '../helpers/server.ts';

test('Under /oauth an unknown path or method gets an error of RFC 6749', async (t) => {
  const { url, log } = await testServer(t);
  for (const [method, path, outcome, code] of [
    ['GET', '/oauth', '404 invalid_request', 'not_found'],
    ['POST', '/oauth/', '404 invalid_request', 'not_found'],
    ['POST', '/oauth/token', '404 invalid_request', 'not_found'],
    ['POST', '/oauth/revoke/', '404 invalid_request', 'not_found'],
    ['POST', '/oauth/Revoke', '404 invalid_request', 'not_found'],
    ['GET', '/oauth/revoke', '405 invalid_request', 'method_not_allowed'],
    ['DELETE', '/oauth/introspect?token=x', '405 invalid_request', 'method_not_allowed'],
  ] as const) {
    const answer = await send(url + path, { method });
    t.is(toOauthOutcome(answer), outcome, `${method} ${path}`);
    t.is(answer.headers.get('allow'), code === 'not_found' ? null : 'POST', path);
    t.is(log.at(-1)?.['code'], code);
  }
});

test('Under /oauth a malformed request gets an error of RFC 6749 as well', async (t) => {
  const { url, log } = await testServer(t);
  for (const [line, header, outcome, code] of [
    ['POST /oauth/revoke', 'Host: y', '400 invalid_request', 'bad_request'],
    ['POST http://x/oauth/revoke', 'Host: y', '400 invalid_request', 'bad_request'],
    ['POST /oauth/revoke', 'Expect: miracles', '417 invalid_request', 'expectation_failed'],
  ] as const) {
    const answer = await sendLines(url, `${line} HTTP/1.1`, header);
    t.is(toOauthOutcome(answer), outcome, `${line} ${header}`);
    t.is(answer.headers.get('connection'), 'close');
    t.is(log.at(-1)?.['code'], code);
  }
  const nowhere = await sendLines(url, 'GET http://[::1/oauth/revoke HTTP/1.1');
  t.is(toOutcome(nowhere), refusal('bad_request'));
});

test('Elsewhere they are problem documents, however much the path is like one of /oauth', async (t) => {
  const { url } = await testServer(t);
  for (const path of ['/oauthx', '/OAuth/revoke', '/api/oauth/revoke', '/%6fauth/revoke']) {
    t.is(toOutcome(await send(url + path)), refusal('not_found'), path);
  }
});
