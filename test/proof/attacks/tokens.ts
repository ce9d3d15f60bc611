import type { ClientCredentials } from '../../../lib/use-cases/shared/authenticate-client.ts';
import { addClient, basic } from '../../helpers/clients.ts';
import { ageDeployment } from '../../helpers/database.ts';
import { readClaims } from '../../helpers/forged-tokens.ts';
import { newPair } from '../../helpers/keys.ts';
import type { Scope } from '../../helpers/scope.ts';
import { serve, testServer } from '../../helpers/server.ts';
import { openSession } from '../../helpers/sessions.ts';
import { addUser } from '../../helpers/users.ts';
import type { HttpAnswer, HttpRequest } from '../http-client.ts';
import { type Attack, type Fixture, UNLIMITED } from './attack.ts';
import type { Random } from './random.ts';
import { type MutantToken, mutateToken } from './token-mutators.ts';

interface TokenFixture extends Fixture {
  readonly client: ClientCredentials;
  /** The user of each issued access token. */
  readonly issued: ReadonlyMap<string, string>;
  /** The user of each issued refresh token. */
  readonly refreshable: ReadonlyMap<string, string>;
}

/** A mutant in a place where the server reads a token. */
interface Question {
  readonly mutator: string;
  readonly place: string;
  /** The texts in that place. */
  readonly texts: readonly string[];
  readonly request: HttpRequest;
  /** The right outcome, such as `200 of <user id>` or `401`, by an oracle that knows only what was issued. */
  readonly expected: string;
  read(answer: HttpAnswer): string;
}

/**
 * Mutants of access and refresh tokens in each place where tokens are read: only what is byte for byte what
 * was issued is accepted, as the user whom it was issued to.
 */
export const tokenAttack: Attack<TokenFixture> = {
  name: 'mutated tokens',
  open: openTokenFixture,

  makeAttempt(fixture, random) {
    const access = [...fixture.issued.keys()];
    const refreshTokens = [...fixture.refreshable.keys()];
    const all = [...access, ...refreshTokens];
    const place = random.pick([
      ...Array(6).fill(inHeader),
      inBody,
      inBody,
      asRefreshToken,
      asRefreshToken,
    ]);
    const tokens = place === asRefreshToken ? [...refreshTokens, ...access.slice(0, 1)] : all;
    const question = place(mutateToken(tokens, random), fixture, random);
    const { mutator, place: name, texts, request, expected, read } = question;
    return {
      mutator,
      request,
      judge(answer) {
        const outcome = read(answer);
        const fault = outcome === expected ? undefined : `${outcome} in place of ${expected}`;
        return { outcome: outcome.replace(/ of .*/s, ''), fault };
      },
      show: () => `${name} with ${JSON.stringify(texts)}`,
    };
  },
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

const RIGHT = ['Bearer', 'Bearer', 'bearer', 'BEARER', 'bEaReR'];
const WRONG = ['Basic', 'Token', 'JWT', 'DPoP', 'Bearer:', 'Bearer=', 'Bear er', 'B\u00e9arer', ''];
const ME = ['GET', '/api/auth/me'] as const;
const LOGOUT = ['POST', '/api/auth/logout'] as const;
const REVOKE_ALL = ['POST', '/api/auth/revoke-all-tokens'] as const;

/** Sends the text in an Authorization header, now and then by another scheme, or beside a second header. */
function inHeader(
  mutant: MutantToken,
  { issued }: TokenFixture,
  { pick, below }: Random,
): Question {
  const right = pick(RIGHT) + pick([' ', ' ', '   ']) + mutant.text;
  const wrong = pick(WRONG) + pick([' ', '\t', '\u00a0', '', ' ,']) + mutant.text;
  const second = pick([...[...issued.keys()].map((token) => `Bearer ${token}`), '', 'x']);
  const [mutator, ...texts] =
    [['another scheme', wrong] as const, ['two headers', right, second] as const][below(14)] ??
    ([mutant.mutator, right] as const);
  const values = texts.map(toHeader);
  const sub = issued.get(readCredential(values[0] ?? ''));
  const expected = texts.length > 1 ? '400' : sub === undefined ? '401' : `200 of ${sub}`;
  const place = pick([ME, ME, ME, LOGOUT, REVOKE_ALL]);
  const [method, path] = expected.startsWith('200') ? ME : place; // good tokens must stay good
  const names = ['Authorization', 'authorization'];
  return {
    mutator,
    place: place[1],
    texts,
    request: { method, path, headers: values.map((value, index) => [names[index] ?? '', value]) },
    expected,
    read: ({ status, body }) => (status === 200 ? `200 of ${body.id}` : `${status}`),
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

/** Introspects the text. */
function inBody({ mutator, text }: MutantToken, { client, issued }: TokenFixture): Question {
  // A lone surrogate has no bytes in UTF-8: it is sent as U+FFFD.
  const body = `token=${encodeURIComponent(Buffer.from(text).toString())}`;
  const type = ['Content-Type', 'application/x-www-form-urlencoded'] as const;
  const headers = [type, ['Authorization', basic(client).authorization]] as const;
  const known = issued.has(text) ? `200 of ${issued.get(text)}` : '200 inactive';
  return {
    mutator,
    place: '/oauth/introspect',
    texts: [text],
    request: { method: 'POST', path: '/oauth/introspect', headers, body },
    expected: text === '' ? '400' : body.length > LARGEST_BODY ? '413' : known,
    read({ status, body: said }) {
      if (status !== 200) return `${status}`;
      if (said.active === true) return `200 of ${said.sub}`;
      return JSON.stringify(said) === '{"active":false}'
        ? '200 inactive'
        : '200 and more than inactive';
    },
  };
}

/** Presents the text as a refresh token. */
function asRefreshToken({ mutator, text }: MutantToken, { refreshable }: TokenFixture): Question {
  const body = JSON.stringify({ refresh_token: text });
  const headers = [['Content-Type', 'application/json']] as const;
  const isTooLong = [...text].length > 512; // schemas count code points, as JSON Schema does
  const known = refreshable.has(text) ? `200 of ${refreshable.get(text)}` : '401';
  return {
    mutator,
    place: '/api/auth/refresh',
    texts: [text],
    request: { method: 'POST', path: '/api/auth/refresh', headers, body },
    expected: Buffer.byteLength(body) > LARGEST_BODY ? '413' : isTooLong ? '422' : known,
    read: ({ status, body: tokens }) =>
      status === 200 ? `200 of ${readClaims(tokens.access_token).sub}` : `${status}`,
  };
}
