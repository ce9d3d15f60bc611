import { randomUUID } from 'node:crypto';
import type * as z from 'zod';
import { routes } from '../../../server/routes.ts';
import { addClient, basic } from '../../helpers/clients.ts';
import { encode } from '../../helpers/forged-tokens.ts';
import type { Scope } from '../../helpers/scope.ts';
import { testServer } from '../../helpers/server.ts';
import { openSession, type Tokens } from '../../helpers/sessions.ts';
import { addUser, PASSWORD } from '../../helpers/users.ts';
import { listProperties } from '../api-description.ts';
import { type Fixture, UNLIMITED } from './attack.ts';
import type { Fields } from './body-texts.ts';

/** A body that its endpoint accepts. */
export interface GoodBody {
  readonly path: string;
  readonly isForm: boolean;
  readonly fields: Fields;
  readonly authorization: string;
  /** The status of its answer. */
  readonly answer: number;
  /** The frequency among all: a login costs a check of bcrypt, a change of the password two. */
  readonly weight: number;
}

export interface BodyFixture extends Fixture {
  /** The user who logs in, with PASSWORD. */
  readonly email: string;
  /** The tokens of another user, who does not log in meanwhile. */
  readonly tokens: Tokens;
  readonly goods: readonly GoodBody[];
}

/** Starts a server, and makes a good body for every route that takes one. */
export async function openBodyFixture(scope: Scope): Promise<BodyFixture> {
  const server = await testServer(scope, UNLIMITED);
  const email = `kim.${randomUUID()}@example.com`;
  await addUser(server.collections, { email });
  const other = await addUser(server.collections);
  const tokens = await openSession(server.url, other.email);
  const client = basic(await addClient(server.collections)).authorization;
  const values: Fields = {
    email,
    password: PASSWORD,
    refresh_token: tokens.refresh,
    current_password: 'not the password at all',
    new_password: 'staple battery horse',
    token: tokens.access,
    token_type_hint: 'access_token',
  };
  // A revoked token would be gone for all that comes after.
  const ofNobody = { ...values, token: `${encode('{}')}.e30.e30` };
  const goods = routes
    .filter(({ body }) => body !== undefined)
    .map(({ path, body, bodyType, access }): GoodBody => {
      return {
        path,
        isForm: bodyType === 'form',
        fields: pickFields(path, body as z.ZodType, path === '/oauth/revoke' ? ofNobody : values),
        authorization: access === 'client' ? client : `Bearer ${tokens.access}`,
        answer: path === '/api/auth/change-password' ? 403 : 200,
        weight: { '/api/auth/login': 2, '/api/auth/change-password': 1 }[path] ?? 4,
      };
    });
  return { server, good: [tokens.access], email, tokens, goods };
}

/** Picks the fields of a schema; throws for one that has no value here, such as one of a new route. */
function pickFields(path: string, schema: z.ZodType, values: Fields): Fields {
  const entries = Object.keys(listProperties(schema)).map((name): [string, string] => {
    const value = values[name];
    if (value === undefined) throw new Error(`There is no ${name} to send to ${path}`);
    return [name, value];
  });
  return Object.fromEntries(entries);
}
