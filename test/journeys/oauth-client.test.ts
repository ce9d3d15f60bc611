import test, { type ExecutionContext } from 'ava';
import * as oauth from 'oauth4webapi';
import { addClient } from '../helpers/clients.ts';
import { readClaims } from '../helpers/forged-tokens.ts';
import { refusal, toOutcome } from '../helpers/refusals.ts';
import { logIn, post, sendAs, testServer } from '../helpers/server.ts';
import { addUser, PASSWORD } from '../helpers/users.ts';

const HTTP = { [oauth.allowInsecureRequests]: true } as const;

/** A server, and a registered client that knows it as OAuth has it. */
async function openFixture(t: ExecutionContext) {
  const { url, collections } = await testServer(t);
  const { clientId, clientSecret } = await addClient(collections);
  const as: oauth.AuthorizationServer = {
    issuer: 'rescind',
    revocation_endpoint: `${url}/oauth/revoke`,
    introspection_endpoint: `${url}/oauth/introspect`,
  };
  const client: oauth.Client = { client_id: clientId };
  const { email } = await addUser(collections);

  return {
    url,
    email,
    clientSecret,
    async introspect(auth: oauth.ClientAuth, token: string, hint?: string) {
      const options = { ...HTTP, ...withHint(hint) };
      const response = await oauth.introspectionRequest(as, client, auth, token, options);
      return oauth.processIntrospectionResponse(as, client, response);
    },
    async revoke(auth: oauth.ClientAuth, token: string, hint?: string) {
      const options = { ...HTTP, ...withHint(hint) };
      const response = await oauth.revocationRequest(as, client, auth, token, options);
      return oauth.processRevocationResponse(response);
    },
  };
}

function withHint(hint: string | undefined) {
  return hint === undefined ? {} : { additionalParameters: { token_type_hint: hint } };
}

const METHODS = {
  client_secret_basic: oauth.ClientSecretBasic,
  client_secret_post: oauth.ClientSecretPost,
};

for (const [method, authBy] of Object.entries(METHODS)) {
  test(`oauth4webapi introspects and revokes an access token by ${method}`, async (t) => {
    const { url, email, clientSecret, introspect, revoke } = await openFixture(t);
    const auth = authBy(clientSecret);
    const token = await logIn(url, email);

    const active = await introspect(auth, token, 'access_token');
    t.like(active, { active: true, username: email, sub: readClaims(token).sub });
    t.is(await revoke(auth, token, 'access_token'), undefined);

    t.deepEqual(await introspect(auth, token), { active: false });
    t.is(toOutcome(await sendAs(token, `${url}/api/auth/me`)), refusal('token_revoked'));
    t.is(await revoke(auth, token), undefined, 'again');
    t.is(await revoke(auth, 'junk'), undefined);
  });

  test(`oauth4webapi ends a session by its refresh token by ${method}`, async (t) => {
    const { url, email, clientSecret, introspect, revoke } = await openFixture(t);
    const auth = authBy(clientSecret);
    const { body } = await post(`${url}/api/auth/login`, { email, password: PASSWORD });

    t.deepEqual(await introspect(auth, body.refresh_token, 'refresh_token'), { active: false });
    t.is(await revoke(auth, body.refresh_token, 'refresh_token'), undefined);
    t.deepEqual(await introspect(auth, body.access_token), { active: false });
  });

  test(`oauth4webapi understands how a wrong secret is refused by ${method}`, async (t) => {
    const { url, email, introspect, revoke } = await openFixture(t);
    const token = await logIn(url, email);
    for (const secret of ['x'.repeat(43), 'p:a ss%+ü']) {
      for (const ask of [introspect, revoke]) {
        const error = await t.throwsAsync(() => ask(authBy(secret), token), {
          instanceOf: oauth.WWWAuthenticateChallengeError,
        });
        t.like(error, { status: 401, cause: { 0: { scheme: 'basic' } } });
        t.is(error?.cause[0]?.parameters.realm, 'rescind');
      }
    }
    t.is((await sendAs(token, `${url}/api/auth/me`)).status, 200);
  });
}

test('oauth4webapi understands how a malformed request is refused', async (t) => {
  const { clientSecret, introspect, revoke } = await openFixture(t);
  const both: oauth.ClientAuth = async (as, client, body, headers) => {
    await oauth.ClientSecretBasic(clientSecret)(as, client, body, headers);
    await oauth.ClientSecretPost(clientSecret)(as, client, body, headers);
  };
  for (const ask of [introspect, revoke]) {
    const error = await t.throwsAsync(() => ask(both, 'junk'), {
      instanceOf: oauth.ResponseBodyError,
    });
    t.like(error, { status: 400, error: 'invalid_request' });
    t.regex(error?.error_description ?? '', /exactly one client authentication method/);
  }
});
