/** Requests that end sessions of one user, each in a world of its own, and the judgement of their answers. */
import { waitFor } from '../../../scripts/dev/wait-for.ts';
import type { Scope } from '../../helpers/scope.ts';
import { type Answer, sendAs } from '../../helpers/server.ts';
import { openSession, refresh, type Tokens } from '../../helpers/sessions.ts';
import { openSetDeployment, type SetDeployment } from '../deployment.ts';
import { type GoodRequest, goodRequests, listSessions, summarize } from '../good-requests.ts';
import { askUntilDecided } from '../until-decided.ts';
import { openWorld, type World } from '../world.ts';

export interface Victim {
  readonly request: GoodRequest;
  readonly world: World;
}

/** An old primary believes in itself for long enough to be asked. */
export function openEndingDeployment(
  scope: Scope,
  electionTimeoutMillis = 20_000,
): Promise<SetDeployment> {
  const environment = {
    REQUEST_DEADLINE: '4s',
    LOGIN_FAILURES_PER_ADDRESS: '100000/15m',
  };
  return openSetDeployment(scope, environment, { electionTimeoutMillis });
}

/** Opens a world for each of the requests with these names. */
export function openVictims(
  { library: { parts, collections } }: SetDeployment,
  names: readonly string[],
): Promise<Victim[]> {
  const requests = goodRequests.filter(({ name }) => names.includes(name));
  const opened = requests.map(async (request) => {
    const world = await openWorld(parts, collections);
    await request.prepare?.(world);
    return { request, world };
  });
  return Promise.all(opened);
}

/** Opens a session at a server in place of one that is to end; one that only asks for the end of others stays. */
export async function renewSession(url: string, { request, world }: Victim): Promise<Victim> {
  const whose = request.ends === 'allOfAnother' ? 'other' : 'asker';
  const name = request.ends === 'mine' ? 'tokens' : 'second';
  const tokens = await waitFor('A login', () => openSession(url, world[whose].email));
  const renewed = { ...world, [whose]: { ...world[whose], [name]: tokens } };
  await request.prepare?.(renewed);
  return { request, world: renewed };
}

/** The answer to one request, and a sentence for each violation of the promise. */
export interface Outcome {
  readonly request: string;
  readonly status: number;
  readonly faults: readonly string[];
}

export interface Asked extends Victim {
  readonly answer: Answer;
}

/** Sends the request of every victim to a server, all at once; `send` may send it again. */
export function askAll(
  url: string,
  victims: readonly Victim[],
  send = (ask: () => Promise<Answer>) => ask(),
): Promise<Asked[]> {
  const asked = victims.map(async ({ request, world }) => {
    return { request, world, answer: await send(() => request.ask(url, world)) };
  });
  return Promise.all(asked);
}

/**
 * Expects that no session passes whose end was acknowledged by a 2xx. Everything else is to be 503, or none where all is
 * well; or a refusal because the session has ended, which acknowledges nothing: it may come before the revocation has
 * reached every server.
 */
export function judge(url: string, asked: readonly Asked[], isWell = false): Promise<Outcome[]> {
  const judged = asked.map(async ({ request, world, answer }) => {
    const reply = `${request.name}: ${summarize(answer)}`;
    const faults: string[] = [];
    if (answer.status < 300) {
      const passed = listSessions(request, world).ended.map((tokens) => isLive(url, tokens));
      if ((await Promise.all(passed)).includes(true))
        faults.push(`${reply}, and the session passed afterwards`);
    } else if (isWell && answer.status === 503) {
      faults.push(`${reply} after everything was repaired`);
    } else if (!MAY_BE_REFUSED.test(summarize(answer))) {
      faults.push(`${reply}, which decides what could not be decided`);
    }
    return { request: request.name, status: answer.status, faults };
  });
  return Promise.all(judged);
}

/** Matches a 503, and a refusal because the session has ended. */
const MAY_BE_REFUSED =
  /^(503 .*|40\d (token_revoked|user_tokens_revoked|not_found|refresh_token_(reused|revoked|expired)))$/;

async function isLive(url: string, { access, refresh: token }: Tokens): Promise<boolean> {
  const me = await askUntilDecided(() => sendAs(access, `${url}/api/auth/me`));
  if (me.status === 200) return true;
  return (await askUntilDecided(() => refresh(url, token))).status === 200;
}
