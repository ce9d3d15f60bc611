import { randomUUID } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { hashClientSecret } from '../../lib/tokens/client-secrets.ts';
import type { ClientCredentials } from '../../lib/use-cases/shared/authenticate-client.ts';
import { addClient, basic, postForm } from '../helpers/clients.ts';
import { isLeaked, toOauthOutcome } from '../helpers/refusals.ts';
import { type Answer, sendRaw, testServer } from '../helpers/server.ts';

const ENDPOINTS = ['/oauth/introspect', '/oauth/revoke'] as const;
const TOKEN = { token: 'some-token' };

/** Returns the parameters of `client_secret_post`. */
function inForm({ clientId, clientSecret }: ClientCredentials) {
  return { client_id: clientId, client_secret: clientSecret };
}

interface Row {
  readonly name: string;
  readonly form?: Record<string, string>;
  readonly header?: Record<string, string>;
}

/** Sends each row to both endpoints and asserts the outcome. */
async function assertOutcome(
  t: ExecutionContext,
  expected: string,
  rowsFor: (client: ClientCredentials, other: ClientCredentials) => readonly Row[],
) {
  const server = await testServer(t);
  const client = await addClient(server.collections);
  const rows = rowsFor(client, await addClient(server.collections));
  const answers: Answer[] = [];
  for (const path of ENDPOINTS) {
    for (const { name, form = {}, header = {} } of rows) {
      const answer = await postForm(server.url + path, { ...TOKEN, ...form }, header);
      answers.push(answer);
      t.is(toOauthOutcome(answer), expected, `${path}: ${name}`);
    }
  }
  for (const secret of [client.clientSecret, hashClientSecret(client.clientSecret), 'some-token'])
    t.false(isLeaked(secret, answers, server), secret);
  t.is(await server.collections.auditEvents.countDocuments(), 0);
}

const encode = (text: string) => Buffer.from(text).toString('base64');
const escaped = (text: string) =>
  text.replace(/./g, (letter) => `%${letter.charCodeAt(0).toString(16)}`);

test('A client proves itself by the header or in the form, one way or the other', (t) =>
  assertOutcome(t, '200', (client) => {
    const { clientId, clientSecret } = client;
    const pair = `${clientId}:${clientSecret}`;
    return [
      { name: 'basic', header: basic(client) },
      { name: 'post', form: inForm(client) },
      { name: 'a scheme in lower case', header: { authorization: `basic ${encode(pair)}` } },
      { name: 'two spaces', header: { authorization: `Basic  ${encode(pair)}` } },
      {
        name: 'no padding',
        header: { authorization: `Basic ${encode(pair).replaceAll('=', '')}` },
      },
      {
        name: 'percent encodings, as RFC 6749 has it',
        header: basic({ clientId: escaped(clientId), clientSecret: escaped(clientSecret) }),
      },
      {
        name: 'basic, and the same id in the form',
        header: basic(client),
        form: { client_id: clientId },
      },
      {
        name: 'basic, and an empty secret in the form',
        header: basic(client),
        form: { client_secret: '' },
      },
    ];
  }));

test('A client that cannot prove itself is refused with 401 and a challenge', (t) =>
  assertOutcome(t, '401 invalid_client', (client, other) => {
    const { clientId, clientSecret } = client;
    const wrong = { ...client, clientSecret: other.clientSecret };
    const ids = [
      randomUUID(),
      clientId.toUpperCase(),
      `{${clientId}}`,
      ` ${clientId}`,
      `${clientId}\0`,
      'billing',
      '*',
      '{"$ne":null}',
      '__proto__',
      'x'.repeat(5_000),
    ];
    const secrets = [
      'secret',
      clientSecret.slice(1),
      `${clientSecret}x`,
      `${clientSecret}=`,
      `${clientSecret}\n`,
      clientSecret.toLowerCase(),
      hashClientSecret(clientSecret),
      Buffer.from(clientSecret, 'base64url').toString('base64'),
      '\u0000',
      'ü'.repeat(43),
    ];
    const pairs = [
      wrong,
      { clientId: other.clientId, clientSecret },
      { clientId: '', clientSecret },
      { clientId, clientSecret: '' },
      ...ids.map((id) => ({ clientId: id, clientSecret })),
      ...secrets.map((secret) => ({ clientId, clientSecret: secret })),
    ];
    const headers = [
      'Basic',
      'Basic ',
      'Basic ::::',
      'Basic $$$$',
      `Basic ${encode(clientId)}`,
      `Basic ${encode(':')}`,
      `Basic ${encode(`${clientId}:${clientSecret}`)}, Basic x`,
      `Basic ${encode(`${clientId} ${clientSecret}`)}`,
      `Basic ${encode(`${clientId}:%zz`)}`,
      `Basic ${encode(`%ff:${clientSecret}`)}`,
      `Basic ${Buffer.from([0xff, 0xfe, 58, 0xff]).toString('base64')}`,
      `Basic ${clientId}:${clientSecret}`,
      `Bearer ${encode(`${clientId}:${clientSecret}`)}`,
      `Bearer ${clientSecret}`,
      'Digest username="x"',
      'junk',
    ];
    return [
      { name: 'nothing' },
      { name: 'only an id', form: { client_id: clientId } },
      { name: 'only a secret', form: { client_secret: clientSecret } },
      { name: 'other names', form: { id: clientId, secret: clientSecret } },
      { name: 'an assertion', form: { client_id: clientId, client_assertion: 'x' } },
      { name: 'a wrong header, a right id', header: basic(wrong), form: { client_id: clientId } },
      ...pairs.flatMap((pair, index) => [
        { name: `basic ${index} ${pair.clientId}`, header: basic(pair) },
        { name: `post ${index} ${pair.clientId}`, form: inForm(pair) },
      ]),
      ...headers.map((authorization) => ({ name: authorization, header: { authorization } })),
    ];
  }));

test('A client that proves itself in two ways is refused with 400, right or wrong', (t) =>
  assertOutcome(t, '400 invalid_request', (client, other) => [
    { name: 'both', header: basic(client), form: inForm(client) },
    { name: 'both, the second wrong', header: basic(client), form: inForm(other) },
    { name: 'both, the first wrong', header: basic(other), form: inForm(client) },
    {
      name: 'a header, and a secret',
      header: basic(client),
      form: { client_secret: client.clientSecret },
    },
    {
      name: 'a header, and another id',
      header: basic(client),
      form: { client_id: other.clientId },
    },
  ]));

test('Two Authorization headers are refused with 400, even when they are equal', async (t) => {
  const { url, collections } = await testServer(t);
  const client = await addClient(collections);
  const good = `Authorization: ${basic(client).authorization}`;
  for (const path of ENDPOINTS) {
    for (const [first, second] of [
      [good, good],
      [good, 'authorization: Basic junk'],
      ['Authorization: Bearer junk', good],
    ]) {
      const answer = await sendRaw(
        url,
        [
          `POST ${path} HTTP/1.1`,
          'Host: x',
          'Connection: close',
          'Content-Type: application/x-www-form-urlencoded',
          'Content-Length: 7',
          first,
          second,
          '',
          'token=x',
        ].join('\r\n'),
      );
      t.is(toOauthOutcome(answer), '400 invalid_request', `${path} ${first} ${second}`);
    }
  }
});

test('Credentials in the URL are not read', async (t) => {
  const { url, collections } = await testServer(t);
  const query = new URLSearchParams({ ...TOKEN, ...inForm(await addClient(collections)) });
  for (const path of ENDPOINTS) {
    const answer = await postForm(`${url}${path}?${query}`, TOKEN);
    t.is(toOauthOutcome(answer), '401 invalid_client', path);
  }
});
