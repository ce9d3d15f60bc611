/** Requests that end sessions of one user, and the sessions that they are to end. */
import type { ClientCredentials } from '../../../lib/use-cases/shared/authenticate-client.ts';
import { waitFor } from '../../../scripts/dev/wait-for.ts';
import { addClient, revoke as revokeByClient } from '../../helpers/clients.ts';
import type { Scope } from '../../helpers/scope.ts';
import { type Answer, sendAs } from '../../helpers/server.ts';
import { openSession, refresh, type Tokens, toTokens } from '../../helpers/sessions.ts';
import { addUser } from '../../helpers/users.ts';
import { changePassword } from '../../journeys/change-password.ts';
import { openSetDeployment, type SetDeployment } from '../deployment.ts';
import { askUntilDecided } from '../until-decided.ts';

/** Two servers on a set of three, with an OAuth client and an admin. */
export interface EndingDeployment extends SetDeployment {
  readonly client: ClientCredentials;
  readonly admin: Tokens;
}

/** A user with two sessions. */
export interface Victim {
  readonly request: EndingRequest;
  readonly userId: string;
  readonly email: string;
  /** The session that sends the request. */
  readonly own: Tokens;
  /** The session that is to end: its newest tokens, and its first refresh token. */
  readonly target: Tokens & { readonly first: string };
}

type Ask = (url: string, victim: Victim, deployment: EndingDeployment) => Promise<Answer>;

export const ENDING_REQUESTS = {
  logout: (url, { target }) => sendAs(target.access, `${url}/api/auth/logout`, 'POST'),
  'end session': (url, { own, target }) =>
    sendAs(own.access, `${url}/api/auth/sessions/${target.sessionId}`, 'DELETE'),
  'revoke others': (url, { own }) =>
    sendAs(own.access, `${url}/api/auth/sessions/revoke-others`, 'POST'),
  'revoke all': (url, { own }) => sendAs(own.access, `${url}/api/auth/revoke-all-tokens`, 'POST'),
  'change password': (url, { own }) => changePassword(url, own.access),
  'admin revoke': (url, { userId }, { admin }) =>
    sendAs(admin.access, `${url}/api/admin/users/${userId}/revoke-tokens`, 'POST'),
  'oauth revoke': (url, { target }, { client }) => revokeByClient(url, client, target.refresh),
  'stolen refresh token': (url, { target }) => refresh(url, target.first),
} as const satisfies Record<string, Ask>;

export type EndingRequest = keyof typeof ENDING_REQUESTS;

/** Opens a deployment whose long timeouts let an old primary and its server accept requests in a situation. */
export async function openEndingDeployment(
  scope: Scope,
  { staleness = '15s', electionTimeoutMillis = 20_000 } = {},
): Promise<EndingDeployment> {
  const environment = {
    REQUEST_DEADLINE: '4s',
    MAX_STALENESS: staleness,
    PRIMARY_PROOF_INTERVAL: '300ms',
    REFRESH_GRACE: '0s',
    LOGIN_FAILURES_PER_ADDRESS: '100000/15m',
  };
  const deployment = await openSetDeployment(scope, environment, { electionTimeoutMillis });
  const { library, servers } = deployment;
  const { email } = await addUser(library.collections, { roles: ['admin'] });
  const client = await addClient(library.collections);
  return { ...deployment, client, admin: await logIn(servers[1].url, email) };
}

/** Opens a victim for each request, in sequence: the password queue is short. */
export async function openVictims(deployment: EndingDeployment): Promise<Victim[]> {
  const victims: Victim[] = [];
  for (const request of Object.keys(ENDING_REQUESTS) as EndingRequest[]) {
    victims.push(await openVictim(deployment, request));
  }
  return victims;
}

export async function openVictim(
  { library, servers: [, { url }] }: EndingDeployment,
  request: EndingRequest,
): Promise<Victim> {
  const { id: userId, email } = await addUser(library.collections);
  const target = await openTarget(url, { request, email });
  return { request, userId, email, target, own: await logIn(url, email) };
}

/** Opens a session that is to end. A token that was exchanged twice is known to be stolen when it comes back. */
export async function openTarget(
  url: string,
  { request, email }: Pick<Victim, 'request' | 'email'>,
): Promise<Victim['target']> {
  const opened = await logIn(url, email);
  const exchange = async ({ refresh: token }: Tokens) =>
    toTokens(await askUntilDecided(() => refresh(url, token)));
  const isTheft = request === 'stolen refresh token';
  const newest = isTheft ? await exchange(await exchange(opened)) : opened;
  return { ...newest, first: opened.refresh };
}

function logIn(url: string, email: string): Promise<Tokens> {
  return waitFor('A login', () => openSession(url, email));
}
