import { addClient, basic } from '../../helpers/clients.ts';
import { ageDeployment } from '../../helpers/database.ts';
import { readClaims } from '../../helpers/forged-tokens.ts';
import { newPair } from '../../helpers/keys.ts';
import type { Scope } from '../../helpers/scope.ts';
import { serve, testServer } from '../../helpers/server.ts';
import { openSession } from '../../helpers/sessions.ts';
import { addUser } from '../../helpers/users.ts';
import { type HttpAnswer, type HttpRequest, introspect, postJson } from '../http-client.ts';
import { type Attack, UNLIMITED } from './attack.ts';
import type { Random } from './random.ts';
import { mutateToken } from './token-mutators.ts';

type Fixture = Awaited<ReturnType<typeof openFixture>>;

/** A request with a mutant in a place where the server reads a token. */
interface Question {
  /** The mutator, where it is one of that place. */
  readonly mutator?: string | undefined;
  readonly request: HttpRequest;
  /** The right outcome, such as `200 of <user id>` or `401`, by an oracle that knows only what was issued. */
  readonly expected: string;
  read(answer: HttpAnswer): string;
}

/**
 * Mutants of access and refresh tokens in each place where tokens are read: only what is byte for byte what
 * was issued is accepted, as the user whom it was issued to.
 */
export async function openTokenAttack(scope: Scope): Promise<Attack> {
  const fixture = await openFixture(scope);
  const { server, issued, refreshable } = fixture;
  const [access, refreshTokens] = [[...issued.keys()], [...refreshable.keys()]];
  return {
    name: 'mutated tokens',
    server,
    good: access,
    makeAttempt(random) {
      const place = random.pick(PLACES);
      const others = place === asRefreshToken ? access.slice(0, 1) : access;
      const { mutator, text } = mutateToken([...refreshTokens, ...others], random);
      const { expected, read, ...question } = place(text, fixture, random);
      return {
        request: question.request,
        mutator: question.mutator ?? mutator,
        judge(answer) {
          const outcome = read(answer);
          const fault = outcome === expected ? undefined : `${outcome} in place of ${expected}`;
          return { outcome: outcome.replace(/ of .*/s, ''), fault };
        },
      };
    },
  };
}

/** Starts a server that accepts tokens by HS256, RS256 and EdDSA, with a few of each. */
async function openFixture(scope: Scope) {
  const [rsa, eddsa] = [newPair('RS256'), newPair('EdDSA')];
  const byEddsa = { JWT_PRIVATE_KEY: eddsa.privateKey, JWT_PUBLIC_KEYS: rsa.publicKey };
  const server = await testServer(scope, { ...UNLIMITED, ...byEddsa });
  await ageDeployment(server.collections);
  const shared = { ...UNLIMITED, MONGODB_URI: server.uri, JWT_SECRET_KEY: server.secret };
  const bySecret = await serve(scope, shared);
  const byRsa = await serve(scope, { ...shared, JWT_PRIVATE_KEY: rsa.privateKey });
  const users = [await addUser(server.collections), await addUser(server.collections)];
  /** The user of each access token, and of each refresh token. */
  const [issued, refreshable] = [new Map<string, string>(), new Map<string, string>()];
  for (const { url } of [server, bySecret, byRsa]) {
    for (const { email, id } of users) {
      const { access, refresh } = await openSession(url, email);
      issued.set(access, id);
      refreshable.set(refresh, id);
    }
  }
  return { server, client: await addClient(server.collections), issued, refreshable };
}

const RIGHT = ['Bearer', 'Bearer', 'bearer', 'BEARER', 'bEaReR'];
const WRONG = ['Basic', 'Token', 'JWT', 'DPoP', 'Bearer:', 'Bearer=', 'Bear er', 'B\u00e9arer', ''];
const ME = ['GET', '/api/auth/me'] as const;
const LOGOUT = ['POST', '/api/auth/logout'] as const;
const REVOKE_ALL = ['POST', '/api/auth/revoke-all-tokens'] as const;

/** Sends the text in an Authorization header, now and then by another scheme, or beside a second header. */
function inHeader(text: string, { issued }: Fixture, { pick, below }: Random): Question {
  const right = pick(RIGHT) + pick([' ', ' ', '   ']) + text;
  const wrong = pick(WRONG) + pick([' ', '\t', '\u00a0', '', ' ,']) + text;
  const second = pick([...[...issued.keys()].map((token) => `Bearer ${token}`), '', 'x']);
  const [mutator, ...texts] =
    [['another scheme', wrong] as const, ['two headers', right, second] as const][below(14)] ??
    ([undefined, right] as const);
  const values = texts.map(toHeader);
  const sub = issued.get(readCredential(values[0] ?? ''));
  const expected = texts.length > 1 ? '400' : sub === undefined ? '401' : `200 of ${sub}`;
  const place = pick([ME, ME, ME, LOGOUT, REVOKE_ALL]);
  const [method, path] = expected.startsWith('200') ? ME : place; // good tokens must stay good
  const names = ['Authorization', 'authorization'];
  const headers = values.map((value, index) => [names[index] ?? '', value] as const);
  return {
    mutator,
    request: { method, path, headers },
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
function inBody(text: string, { client, issued }: Fixture): Question {
  // A lone surrogate has no bytes in UTF-8: it is sent as U+FFFD.
  const token = encodeURIComponent(Buffer.from(text).toString());
  const known = issued.has(text) ? `200 of ${issued.get(text)}` : '200 inactive';
  const isTooLong = 'token='.length + token.length > LARGEST_BODY;
  return {
    request: introspect(basic(client).authorization, token),
    expected: text === '' ? '400' : isTooLong ? '413' : known,
    read({ status, body }) {
      if (status !== 200) return `${status}`;
      if (body.active === true) return `200 of ${body.sub}`;
      const isPlain = JSON.stringify(body) === '{"active":false}';
      return isPlain ? '200 inactive' : '200 and more than inactive';
    },
  };
}

/** Presents the text as a refresh token. */
function asRefreshToken(text: string, { refreshable }: Fixture): Question {
  const request = postJson('/api/auth/refresh', { refresh_token: text });
  const isTooLong = [...text].length > 512; // schemas count code points, as JSON Schema does
  const known = refreshable.has(text) ? `200 of ${refreshable.get(text)}` : '401';
  return {
    request,
    expected:
      Buffer.byteLength(request.body ?? '') > LARGEST_BODY ? '413' : isTooLong ? '422' : known,
    read: ({ status, body }) =>
      status === 200 ? `200 of ${readClaims(body.access_token).sub}` : `${status}`,
  };
}

const PLACES = [inHeader, inHeader, inHeader, inBody, asRefreshToken];
