import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import type { Route } from '../../../server/routes/route.ts';
import { routes } from '../../../server/routes.ts';
import { addClient, basic } from '../../helpers/clients.ts';
import { encode } from '../../helpers/forged-tokens.ts';
import type { Scope } from '../../helpers/scope.ts';
import { testServer } from '../../helpers/server.ts';
import { openSession, type Tokens } from '../../helpers/sessions.ts';
import { addUser, PASSWORD } from '../../helpers/users.ts';
import type { Scene } from './attack.ts';
import { UNLIMITED } from './token-scene.ts';

/** What an endpoint with a body would be sent in good faith, and what the answer to that is. */
export interface GoodBody {
  readonly path: string;
  readonly isForm: boolean;
  readonly fields: Readonly<Record<string, string>>;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly answer: number;
  /** How often it is sent: a login costs a check of bcrypt, a change of the password two. */
  readonly weight: number;
}

export interface BodyScene extends Scene {
  /** Who logs in, with PASSWORD. */
  readonly email: string;
  /** Of another user, who does not log in meanwhile. */
  readonly tokens: Tokens;
  readonly goods: readonly GoodBody[];
}

/** The fields by name: a route with a field that is not here has to be thought of. */
type Values = Readonly<Record<string, string>>;

/** A server, and for every route of the list that takes a body one that it would accept. */
export async function openBodyScene(owner: Scope): Promise<BodyScene> {
  const server = await testServer(owner, UNLIMITED);
  const email = `kim.${randomUUID()}@example.com`;
  await addUser(server.collections, { email });
  const other = await addUser(server.collections);
  const tokens = await openSession(server.url, other.email);
  const client = await addClient(server.collections);
  const values: Values = {
    email,
    password: PASSWORD,
    refresh_token: tokens.refresh,
    current_password: 'not the password at all',
    new_password: 'staple battery horse',
    token: tokens.access,
    token_type_hint: 'access_token',
  };
  const authorization = (route: Route) =>
    route.access === 'client' ? basic(client).authorization : `Bearer ${tokens.access}`;
  const goods = routes
    .filter(({ body }) => body !== undefined)
    .map((route) => goodBody(route, valuesFor(route, values), authorization(route)));
  return { server, good: [tokens.access], email, tokens, goods };
}

/** A token that is revoked would be gone for all that comes after: here it is none of ours. */
function valuesFor({ path }: Route, values: Values): Values {
  return path === '/oauth/revoke' ? { ...values, token: `${encode('{}')}.e30.e30` } : values;
}

function goodBody(
  { path, body, bodyType }: Route,
  values: Values,
  authorization: string,
): GoodBody {
  const { properties = {} } = z.toJSONSchema(body as z.ZodType, { io: 'input' });
  const fields = Object.keys(properties).map((name): [string, string] => {
    const value = values[name];
    if (value === undefined) throw new Error(`What would be sent as ${name} to ${path}?`);
    return [name, value];
  });
  const isForm = bodyType === 'form';
  const isChange = path === '/api/auth/change-password';
  return {
    path,
    isForm,
    weight: { '/api/auth/login': 2, '/api/auth/change-password': 1 }[path] ?? 4,
    fields: Object.fromEntries(fields),
    headers: [
      ['Content-Type', isForm ? 'application/x-www-form-urlencoded' : 'application/json'],
      ['Authorization', authorization],
    ],
    answer: isChange ? 403 : 200,
  };
}
