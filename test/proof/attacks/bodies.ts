import { randomUUID } from 'node:crypto';
import { routes } from '../../../server/routes.ts';
import { basic } from '../../helpers/clients.ts';
import { encode } from '../../helpers/forged-tokens.ts';
import type { Scope } from '../../helpers/scope.ts';
import { testServer } from '../../helpers/server.ts';
import { addUser, PASSWORD } from '../../helpers/users.ts';
import { listProperties } from '../api-description.ts';
import type { Header, HttpRequest } from '../http-client.ts';
import { createWorlds } from '../world.ts';
import { type Attack, UNLIMITED } from './attack.ts';
import { type GoodBody, type MutantBody, mutateBody } from './body-mutators.ts';
import { findFault } from './body-oracle.ts';

/** Bodies of every kind to every endpoint that takes one: nothing comes of them but what the endpoint is for. */
export async function openBodyAttack(scope: Scope): Promise<Attack> {
  const { server, goods, ...issued } = await openFixture(scope);
  return {
    name: 'mutated bodies',
    server,
    good: [issued.tokens.access],
    makeAttempt(random) {
      const mutant = mutateBody(random.pick(goods), random);
      return {
        mutator: mutant.mutator,
        request: toRequest(mutant),
        judge(answer) {
          return { outcome: `${answer.status}`, fault: findFault(mutant, answer, issued) };
        },
      };
    },
  };
}

function toRequest({ good, type, encoding, bytes }: MutantBody): HttpRequest {
  const headers: Header[] = [['Authorization', good.authorization]];
  if (type !== '') headers.push(['Content-Type', type]);
  if (encoding !== undefined) headers.push(['Content-Encoding', encoding]);
  return { method: 'POST', path: good.path, headers, body: bytes };
}

/** Frequencies of bodies among all: a login costs a check of bcrypt, a change of the password two. */
const WEIGHTS: Readonly<Record<string, number>> = {
  '/api/auth/login': 2,
  '/api/auth/change-password': 1,
};

/** Starts a server, and makes a good body for every route that takes one. */
async function openFixture(scope: Scope) {
  const server = await testServer(scope, UNLIMITED);
  const email = `kim.${randomUUID()}@example.com`;
  await addUser(server.collections, { email });
  const openWorld = await createWorlds(scope, server, server.secret);
  const { other, client } = await openWorld();
  const { tokens } = other;
  const values: Readonly<Record<string, string>> = {
    email,
    password: PASSWORD,
    refresh_token: tokens.refresh,
    current_password: 'not the password at all',
    new_password: 'staple battery horse',
    token: tokens.access,
    token_type_hint: 'access_token',
  };
  // A revoked token would be gone for all that comes after.
  const ofNobody: typeof values = { ...values, token: `${encode('{}')}.e30.e30` };
  const goods = routes.flatMap(({ path, body, bodyType, access }): GoodBody[] => {
    if (body === undefined) return [];
    const known = path === '/oauth/revoke' ? ofNobody : values;
    const names = Object.keys(listProperties(body)); // one without a value here is not answered as a good one
    const good = {
      path,
      isForm: bodyType === 'form',
      fields: Object.fromEntries(names.map((name) => [name, known[name] ?? ''])),
      authorization: access === 'client' ? basic(client).authorization : `Bearer ${tokens.access}`,
      answer: path === '/api/auth/change-password' ? 403 : 200,
    };
    return Array(WEIGHTS[path] ?? 4).fill(good);
  });
  return { server, goods, email, tokens };
}
