import type { ClientCredentials } from '../../../lib/use-cases/shared/authenticate-client.ts';
import { addClient, basic } from '../../helpers/clients.ts';
import { ageDeployment } from '../../helpers/database.ts';
import { claimsOf } from '../../helpers/forged-tokens.ts';
import { newPair } from '../../helpers/keys.ts';
import type { Scope } from '../../helpers/scope.ts';
import { serve, testServer } from '../../helpers/server.ts';
import { openSession } from '../../helpers/sessions.ts';
import { addUser } from '../../helpers/users.ts';
import type { HttpAnswer, HttpRequest } from '../http-client.ts';
import { type Attack, type Attempt, type Fixture, UNLIMITED } from './attack.ts';
import type { Random } from './random.ts';
import { type MutantToken, mutateToken } from './token-mutators.ts';

interface TokenFixture extends Fixture {
  readonly client: ClientCredentials;
  /** The user of each issued access token. */
  readonly issued: ReadonlyMap<string, string>;
  /** The user of each issued refresh token. */
  readonly refreshable: ReadonlyMap<string, string>;
}

/**
 * Mutants of access and refresh tokens in each place where tokens are read: only what is byte for byte what
 * was issued is accepted, as the user whom it was issued to.
 */
export const tokenAttack: Attack<TokenFixture> = {
  name: 'mutated tokens',
  open: openTokenFixture,
  prepare: (fixture) => (random) => makeAttempt(fixture, random),
};

/** Starts a server that accepts tokens by HS256, RS256 and EdDSA, with a few of each. */
async function openTokenFixture(scope: Scope): Promise<TokenFixture> {
  const [rsa, eddsa] = [newPair('RS256'), newPair('EdDSA')];
  const byEddsa = { JWT_PRIVATE_KEY: eddsa.privateKey, JWT_PUBLIC_KEYS: rsa.publicKey };
  const server = await testServer(scope, { ...UNLIMITED, ...byEddsa });
  await ageDeployment(server.collections);
  const shared = { ...UNLIMITED, MONGODB_URI: server.uri, JWT_SECRET_KEY: server.secret };
  const bySecret = await serve(scope, shared);
  const byRsa = await serve(scope, { ...shared, JWT_PRIVATE_KEY: rsa.privateKey });
  const users = [await addUser(server.collections), await addUser(server.collections)];
  const issued = new Map<string, string>();
  const refreshable = new Map<string, string>();
  for (const { url } of [server, bySecret, byRsa]) {
    for (const { email, id } of users) {
      const { access, refresh } = await openSession(url, email);
      issued.set(access, id);
      refreshable.set(refresh, id);
    }
  }
  const client = await addClient(server.collections);
  return { server, good: [...issued.keys()], client, issued, refreshable };
}

/** An answer in short, such as `200 of <user id>`, `200 inactive` or `401`. */
type Outcome = string;

/** A request with texts where the server reads a token. The oracle knows what was issued, not the server's code. */
type Place = (
  texts: readonly string[],
  fixture: TokenFixture,
) => {
  readonly request: HttpRequest;
  readonly expected: Outcome;
  readonly read: (answer: HttpAnswer) => Outcome;
};

const PLACES = {
  me: inHeader('GET', '/api/auth/me'),
  logout: inHeader('POST', '/api/auth/logout'),
  'revoke-all': inHeader('POST', '/api/auth/revoke-all-tokens'),
  introspection,
  refresh,
} as const;

type PlaceName = keyof typeof PLACES;

/** Sends the texts in Authorization headers. Good tokens go to `/me`: they must stay good. */
function inHeader(method: string, path: string): Place {
  return (texts, { issued }) => {
    const sub = issued.get(readCredential(toHeader(texts[0] ?? '')));
    const refused = texts.length > 1 ? '400' : sub === undefined ? '401' : undefined;
    const headers = texts.map((text, index): [string, string] => [
      index % 2 === 0 ? 'Authorization' : 'authorization',
      toHeader(text),
    ]);
    const target =
      refused === undefined ? { method: 'GET', path: '/api/auth/me' } : { method, path };
    return {
      request: { ...target, headers },
      expected: refused ?? `200 of ${sub}`,
      read: ({ status, body }) => (status === 200 ? `200 of ${body.id}` : `${status}`),
    };
  };
}

/** Encodes a text in UTF-8, without the bytes that no header may hold: those are for the tests of smuggling. */
function toHeader(text: string): string {
  const bytes = Buffer.from(text).toString('latin1');
  return bytes.replace(/[^\t\x20-\x7e\x80-\xff]/g, '?');
}

/** RFC 9110 section 5.5: space around a value is no part of it; section 11.1: a scheme has no case. */
function readCredential(value: string): string {
  const trimmed = value.replace(/^[ \t]+|[ \t]+$/g, '');
  return /^bearer +(.*)$/is.exec(trimmed)?.[1] ?? '';
}

const LARGEST_BODY = 16 * 1024;

function introspection([text = '']: readonly string[], { client, issued }: TokenFixture) {
  // A lone surrogate has no bytes in UTF-8: it is sent as U+FFFD.
  const body = `token=${encodeURIComponent(Buffer.from(text).toString())}`;
  const type = ['Content-Type', 'application/x-www-form-urlencoded'] as const;
  const headers = [type, ['Authorization', basic(client).authorization]] as const;
  const known = issued.has(text) ? `200 of ${issued.get(text)}` : '200 inactive';
  const refused = text === '' ? '400' : body.length > LARGEST_BODY ? '413' : undefined;
  return {
    request: { method: 'POST', path: '/oauth/introspect', headers, body },
    expected: refused ?? known,
    read({ status, body: said }: HttpAnswer): Outcome {
      if (status !== 200) return `${status}`;
      if (said.active === true) return `200 of ${said.sub}`;
      return JSON.stringify(said) === '{"active":false}'
        ? '200 inactive'
        : '200 and more than inactive';
    },
  };
}

function refresh([text = '']: readonly string[], { refreshable }: TokenFixture) {
  const body = JSON.stringify({ refresh_token: text });
  const headers = [['Content-Type', 'application/json']] as const;
  const known = refreshable.has(text) ? `200 of ${refreshable.get(text)}` : '401';
  const isTooLong = [...text].length > 512; // schemas count code points, as JSON Schema does
  const refused = Buffer.byteLength(body) > LARGEST_BODY ? '413' : isTooLong ? '422' : undefined;
  return {
    request: { method: 'POST', path: '/api/auth/refresh', headers, body },
    expected: refused ?? known,
    read: ({ status, body: tokens }: HttpAnswer): Outcome =>
      status === 200 ? `200 of ${claimsOf(tokens.access_token).sub}` : `${status}`,
  };
}

/** Makes a mutant and a place to send it to: six of ten in a header. */
function makeAttempt(fixture: TokenFixture, random: Random): Attempt {
  const access = [...fixture.issued.keys()];
  const refreshTokens = [...fixture.refreshable.keys()];
  const kind = random.below(10);
  if (kind < 6) {
    return sendInHeader(
      mutateToken([...access, ...refreshTokens], random),
      access,
      fixture,
      random,
    );
  }
  const [place, tokens]: [PlaceName, readonly string[]] =
    kind < 8
      ? ['introspection', [...access, ...refreshTokens]]
      : ['refresh', [...refreshTokens, ...access.slice(0, 1)]];
  const { mutator, text } = mutateToken(tokens, random);
  return createAttempt(mutator, place, [text], fixture);
}

const RIGHT = ['Bearer', 'Bearer', 'bearer', 'BEARER', 'bEaReR'];
const WRONG = ['Basic', 'Token', 'JWT', 'DPoP', 'Bearer:', 'Bearer=', 'Bear er', 'B\u00e9arer', ''];

function sendInHeader(
  { mutator, text }: MutantToken,
  access: readonly string[],
  fixture: TokenFixture,
  { pick, below }: Random,
): Attempt {
  const place = pick(['me', 'me', 'me', 'logout', 'revoke-all'] as const);
  const right = pick(RIGHT) + pick([' ', ' ', '   ']) + text;
  const wrong = pick(WRONG) + pick([' ', '\t', '\u00a0', '', ' ,']) + text;
  const second = pick([...access.map((token) => `Bearer ${token}`), '', 'x']);
  const kind = below(14);
  if (kind === 0) return createAttempt('another scheme', place, [wrong], fixture);
  if (kind === 1) return createAttempt('two headers', place, [right, second], fixture);
  return createAttempt(mutator, place, [right], fixture);
}

function createAttempt(
  mutator: string,
  name: PlaceName,
  texts: readonly string[],
  fixture: TokenFixture,
): Attempt {
  const { request, expected, read } = PLACES[name](texts, fixture);
  return {
    mutator,
    request,
    judge(answer) {
      const outcome = read(answer);
      const fault = outcome === expected ? undefined : `${outcome} in place of ${expected}`;
      return { outcome: outcome.split(' of ')[0] ?? '', fault };
    },
    show: () => `${name} with ${JSON.stringify(texts)}`,
  };
}
