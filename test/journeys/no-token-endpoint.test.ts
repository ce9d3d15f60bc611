import test from 'ava';
import { addClient, basic, postForm } from '../helpers/clients.ts';
import { readClaims } from '../helpers/forged-tokens.ts';
import { logIn, send, testServer } from '../helpers/server.ts';
import { addUser, PASSWORD } from '../helpers/users.ts';

test('There is no OAuth token endpoint, no password grant and no metadata that would promise one', async (t) => {
  const { url, collections } = await testServer(t);
  const { email } = await addUser(collections);
  const client = await addClient(collections);
  for (const form of [
    { grant_type: 'password', username: email, password: PASSWORD },
    { grant_type: 'client_credentials' },
    { grant_type: 'refresh_token', refresh_token: 'junk' },
  ]) {
    for (const path of ['/oauth/token', '/token', '/oauth2/token']) {
      const { status, body } = await postForm(url + path, form, basic(client));
      const reported = path.startsWith('/oauth/') ? body.error : body.code;
      const expected = path.startsWith('/oauth/') ? 'invalid_request' : 'not_found';
      t.deepEqual([status, reported], [404, expected], `${path} ${form.grant_type}`);
    }
    const login = await postForm(`${url}/api/auth/login`, form, basic(client));
    t.is(login.status, 415);
  }
  for (const path of ['/oauth/authorize', '/.well-known/oauth-authorization-server']) {
    t.is((await send(url + path)).status, 404, path);
  }
});

test('Each login has a session and a token of its own, named by random ids', async (t) => {
  const { url, collections } = await testServer(t);
  const { email } = await addUser(collections);
  const ids = new Set<unknown>();
  for (let login = 0; login < 5; login++) {
    const { sid, jti } = readClaims(await logIn(url, email));
    for (const id of [sid, jti]) {
      t.regex(String(id), /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
      ids.add(id);
    }
  }
  t.is(ids.size, 10);
});
