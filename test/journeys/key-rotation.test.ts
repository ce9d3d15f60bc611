import test, { type ExecutionContext } from 'ava';
import { decodeProtectedHeader } from 'jose';
import { generateSecret } from '../../lib/tokens/keys/secret/rules.ts';
import { migratedDatabase } from '../helpers/database.ts';
import { newPair } from '../helpers/keys.ts';
import { refusal, toOutcome } from '../helpers/refusals.ts';
import { post, send, sendAs, serve } from '../helpers/server.ts';
import { addUser, PASSWORD } from '../helpers/users.ts';

type Settings = Record<string, string>;

interface Tokens {
  readonly access: string;
  readonly refresh: string;
}

/** Two secrets or keys in their order: what signs before, and what signs after. */
interface Rotation {
  readonly before: Settings;
  /** The old key signs, and the next one verifies already. */
  readonly announced: Settings;
  /** The next key signs, and the old one still verifies. */
  readonly switched: Settings;
  /** The old key is gone. */
  readonly after: Settings;
}

function ofSecrets(): Rotation {
  const [old, next] = [generateSecret(), generateSecret()];
  return {
    before: { JWT_SECRET_KEY: old },
    announced: { JWT_SECRET_KEY: old, JWT_SECRET_KEY_PREVIOUS: next },
    switched: { JWT_SECRET_KEY: next, JWT_SECRET_KEY_PREVIOUS: old },
    after: { JWT_SECRET_KEY: next },
  };
}

function ofKeys(alg: 'EdDSA' | 'RS256'): Rotation {
  const secret = { JWT_SECRET_KEY: generateSecret() };
  const [old, next] = [newPair('EdDSA'), newPair(alg)];
  return {
    before: { ...secret, JWT_PRIVATE_KEY: old.privateKey },
    announced: { ...secret, JWT_PRIVATE_KEY: old.privateKey, JWT_PUBLIC_KEYS: next.publicKey },
    switched: { ...secret, JWT_PRIVATE_KEY: next.privateKey, JWT_PUBLIC_KEYS: old.publicKey },
    after: { ...secret, JWT_PRIVATE_KEY: next.privateKey },
  };
}

/** The secret stays: it goes on making refresh tokens, and verifies the access tokens that it has signed. */
function fromSecretToKey(): Rotation {
  const secret = { JWT_SECRET_KEY: generateSecret() };
  const next = newPair('EdDSA');
  const switched = { ...secret, JWT_PRIVATE_KEY: next.privateKey };
  return {
    before: secret,
    announced: { ...secret, JWT_PUBLIC_KEYS: next.publicKey },
    switched,
    after: switched,
  };
}

/** One database, and what starts servers on it. */
async function deployment(t: ExecutionContext) {
  const { uri, collections } = await migratedDatabase(t);
  const { email } = await addUser(collections);
  return {
    start: async (settings: Settings) => (await serve(t, { MONGODB_URI: uri, ...settings })).url,
    logIn: (url: string) => tokensFrom(url, 'login', { email, password: PASSWORD }),
  };
}

async function tokensFrom(url: string, path: string, input: object): Promise<Tokens> {
  const { status, body } = await post(`${url}/api/auth/${path}`, input);
  if (status !== 200) throw new Error(`${path} was answered ${status} ${JSON.stringify(body)}`);
  return { access: body.access_token, refresh: body.refresh_token };
}

function renew(url: string, { refresh }: Tokens): Promise<Tokens> {
  return tokensFrom(url, 'refresh', { refresh_token: refresh });
}

async function me(url: string, { access }: Tokens): Promise<string> {
  return toOutcome(await sendAs(access, `${url}/api/auth/me`));
}

/** The keys that made the two tokens. */
function readKids({ access, refresh }: Tokens) {
  return [decodeProtectedHeader(access).kid, refresh.split('.')[1]];
}

const ROTATIONS: Readonly<Record<string, () => Rotation>> = {
  'HS256 to HS256': ofSecrets,
  'HS256 to EdDSA': fromSecretToKey,
  'EdDSA to EdDSA': () => ofKeys('EdDSA'),
  'EdDSA to RS256': () => ofKeys('RS256'),
};

for (const [name, rotation] of Object.entries(ROTATIONS)) {
  test(`${name}: server after server, nobody is logged out, and new tokens carry the new key`, async (t) => {
    const { start, logIn } = await deployment(t);
    const { before, announced, switched } = rotation();

    const first = await start(before);
    const old = await logIn(first);
    const verifying = await start(announced);
    t.is(await me(verifying, old), '200');
    t.deepEqual(readKids(await logIn(verifying)), readKids(old)); // announced, it signs nothing yet

    const signing = await start(switched);
    t.is(await me(signing, old), '200');
    const fresh = await logIn(signing);
    t.not(readKids(fresh)[0], readKids(old)[0]);
    t.is(await me(verifying, fresh), '200'); // the other server has the key only to verify

    const renewed = await renew(signing, old);
    t.deepEqual(readKids(renewed), readKids(fresh));
    for (const url of [verifying, signing]) t.is(await me(url, renewed), '200');
    const back = await renew(verifying, renewed); // a balancer may send the next one there
    t.deepEqual(readKids(back), readKids(old));
    for (const url of [verifying, signing]) t.is(await me(url, back), '200');

    const logout = await sendAs(fresh.access, `${verifying}/api/auth/logout`, 'POST');
    t.is(logout.status, 200);
    t.is(await me(signing, fresh), refusal('token_revoked'));
  });

  test(`${name}: a server that did not get the new key first refuses the tokens of that key`, async (t) => {
    const { start, logIn } = await deployment(t);
    const { before, switched } = rotation();
    const forgotten = await start(before);
    const fresh = await logIn(await start(switched));
    t.is(await me(forgotten, fresh), refusal('invalid_token'));
  });
}

test('Once the old secret is gone, its tokens are refused, and those of the new one live on', async (t) => {
  const { start, logIn } = await deployment(t);
  const { before, switched, after } = ofSecrets();
  const old = await logIn(await start(before));
  const kept = await renew(await start(switched), await logIn(await start(before)));
  const last = await start(after);
  t.is(await me(last, old), refusal('invalid_token'));
  const { status, body } = await post(`${last}/api/auth/refresh`, { refresh_token: old.refresh });
  t.deepEqual([status, body.code], [401, 'refresh_token_malformed']);
  t.is(await me(last, kept), '200');
  t.is(await me(last, await renew(last, kept)), '200');
});

test('Once the old public key is gone, its access tokens are refused, and the refresh tokens live on', async (t) => {
  const { start, logIn } = await deployment(t);
  const { before, after } = ofKeys('EdDSA');
  const old = await logIn(await start(before));
  const last = await start(after);
  t.is(await me(last, old), refusal('invalid_token'));
  t.is(await me(last, await renew(last, old)), '200');
});

test('A new key is published before it signs, and the old one after', async (t) => {
  const { start } = await deployment(t);
  const { before, announced, switched, after } = ofKeys('EdDSA');
  const published = async (settings: Settings): Promise<string[]> => {
    const { body } = await send(`${await start(settings)}/.well-known/jwks.json`);
    return body.keys.map(({ kid }: { kid: string }) => kid);
  };
  const [old] = await published(before);
  const [next] = await published(after);
  t.not(old, next);
  t.deepEqual(await published(announced), [old, next]);
  t.deepEqual(await published(switched), [next, old]);
});
