/** Requests that end sessions of one user, each in a world of its own, and the judgement of their answers. */
import { waitFor } from '../../../scripts/dev/wait-for.ts';
import type { Scope } from '../../helpers/scope.ts';
import { type Answer, sendAs } from '../../helpers/server.ts';
import { openSession, refresh, type Tokens } from '../../helpers/sessions.ts';
import { FOLLOWING, leased, openSetDeployment, type SetDeployment } from '../deployment.ts';
import { type GoodRequest, goodRequests, listSessions, summarize } from '../good-requests.ts';
import { askUntilDecided } from '../until-decided.ts';
import { openWorld, type World } from '../world.ts';

export interface Victim {
  readonly request: GoodRequest;
  readonly world: World;
  /** The addresses of all servers. */
  readonly urls: readonly string[];
}

/** Starts servers that follow. An old primary believes in itself for long enough to be asked. */
export function openEndingDeployment(
  scope: Scope,
  electionTimeoutMillis = 20_000,
): Promise<SetDeployment> {
  const environment = {
    ...FOLLOWING,
    FOLLOWER_LEASE: '1s',
    REQUEST_DEADLINE: '4s',
    LOGIN_FAILURES_PER_ADDRESS: '100000/15m',
  };
  return openSetDeployment(scope, environment, { electionTimeoutMillis });
}

/** Opens a world for each of the requests with these names. Every server knows the tokens that are to end. */
export async function openVictims(
  { library: { parts, collections }, servers }: SetDeployment,
  names: readonly string[],
): Promise<Victim[]> {
  await leased(servers);
  const urls = servers.map(({ url }) => url);
  const requests = goodRequests.filter(({ name }) => names.includes(name));
  const opened = requests.map(async (request) => {
    const world = await openWorld(parts, collections);
    await request.prepare?.(world);
    await Promise.all(listMe({ request, world, urls }).map(expectAccepted));
    return { request, world, urls };
  });
  return Promise.all(opened);
}

/** Lists a request to each server by each access token that is to end. */
function listMe({ request, world, urls }: Victim) {
  const { ended } = listSessions(request, world);
  return urls.flatMap((url) =>
    ended.map(
      ({ access }) =>
        () =>
          sendAs(access, `${url}/api/auth/me`),
    ),
  );
}

async function expectAccepted(ask: () => Promise<Answer>): Promise<void> {
  const answer = await askUntilDecided(ask);
  if (answer.status !== 200) throw new Error(`A live token was answered ${summarize(answer)}`);
}

/** Opens a session at a server in place of one that is to end; one that only asks for the end of others stays. */
export async function renewSession(url: string, victim: Victim): Promise<Victim> {
  const { request, world } = victim;
  const whose = request.ends === 'allOfAnother' ? 'other' : 'asker';
  const name = request.ends === 'mine' ? 'tokens' : 'second';
  const tokens = await waitFor('A login', () => openSession(url, world[whose].email));
  const renewed = { ...world, [whose]: { ...world[whose], [name]: tokens } };
  await request.prepare?.(renewed);
  return { ...victim, world: renewed };
}

/** The answer to one request, and a sentence for each violation of the promise. */
export interface Outcome {
  readonly request: string;
  readonly status: number;
  readonly faults: readonly string[];
}

export interface Asked extends Victim {
  readonly answer: Answer;
  /** Some server accepted a token right after it was said to have ended. */
  readonly isAcceptedAtOnce: boolean;
}

/**
 * Sends the request of every victim to a server, all at once; `send` may send it again. After a 2xx every server is asked
 * at once whether it still accepts what has ended.
 */
export function askAll(
  url: string,
  victims: readonly Victim[],
  send = (ask: () => Promise<Answer>) => ask(),
): Promise<Asked[]> {
  const asked = victims.map(async (victim) => {
    const answer = await send(() => victim.request.ask(url, victim.world));
    const checks = answer.status < 300 ? listMe(victim).map((ask) => ask()) : [];
    const isAcceptedAtOnce = (await Promise.all(checks)).some(({ status }) => status === 200);
    return { ...victim, answer, isAcceptedAtOnce };
  });
  return Promise.all(asked);
}

/**
 * Expects that no session passes whose end was acknowledged by a 2xx. Everything else is to be 503, or none where all is
 * well; or a refusal because the session has ended, which acknowledges nothing: it may come before the revocation has
 * reached every server.
 */
export function judge(url: string, asked: readonly Asked[], isWell = false): Promise<Outcome[]> {
  const judged = asked.map(async (each) => {
    const faults = (await findFaults(url, each, isWell)).map(
      (fault) => `${each.request.name}: ${summarize(each.answer)}${fault}`,
    );
    return { request: each.request.name, status: each.answer.status, faults };
  });
  return Promise.all(judged);
}

async function findFaults(url: string, asked: Asked, isWell: boolean): Promise<readonly string[]> {
  const { request, world, answer, isAcceptedAtOnce } = asked;
  if (answer.status < 300) {
    const passed = listSessions(request, world).ended.map((tokens) => isLive(url, tokens));
    return [
      ...(isAcceptedAtOnce ? [', and a server accepted the session at once'] : []),
      ...((await Promise.all(passed)).includes(true)
        ? [', and the session passed afterwards']
        : []),
    ];
  }
  if (isWell && answer.status === 503) return [' while everything was well'];
  return MAY_BE_REFUSED.test(summarize(answer))
    ? []
    : [', which decides what could not be decided'];
}

/** Matches a 503, and a refusal because the session has ended. */
const MAY_BE_REFUSED =
  /^(503 .*|40\d (token_revoked|user_tokens_revoked|not_found|refresh_token_(reused|revoked|expired)))$/;

async function isLive(url: string, { access, refresh: token }: Tokens): Promise<boolean> {
  const me = await askUntilDecided(() => sendAs(access, `${url}/api/auth/me`));
  if (me.status === 200) return true;
  return (await askUntilDecided(() => refresh(url, token))).status === 200;
}
