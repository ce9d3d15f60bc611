import { introspect } from '../../helpers/clients.ts';
import type { TestDatabase } from '../../helpers/database.ts';
import { loopTime } from '../../helpers/loop-clock.ts';
import { commandProxy, type Fault } from '../../helpers/proxy/command-proxy.ts';
import type { Scope } from '../../helpers/scope.ts';
import { type Answer, sendAs, serve } from '../../helpers/server.ts';
import type { Tokens } from '../../helpers/sessions.ts';
import { leased } from '../deployment.ts';
import { type GoodRequest, listSessions, summarize } from '../good-requests.ts';
import { askUntilDecided } from '../until-decided.ts';
import { createWorlds, type World } from '../world.ts';

/** REQUEST_DEADLINE of the server whose commands are broken, in milliseconds. */
export const DEADLINE = 2_000;

export type BreakableServer = Awaited<ReturnType<typeof breakableServer>>;

/** Starts a server whose way to the database can be broken. */
export async function breakableServer(
  scope: Scope,
  database: TestDatabase,
  deadline = DEADLINE,
  follow: 'auto' | 'off' = 'off',
) {
  const proxy = await commandProxy(scope, database.uri);
  const settings = { LOGIN_FAILURES_PER_ADDRESS: '100000/15m', FOLLOW: follow };
  const { url: sound, secret } = await serve(scope, { MONGODB_URI: database.uri, ...settings });
  const { url, log } = await serve(scope, {
    MONGODB_URI: proxy.uri,
    JWT_SECRET_KEY: secret,
    REQUEST_DEADLINE: `${deadline}ms`,
    ...settings,
  });
  const openWorld = await createWorlds(scope, database, secret);
  /** `sound` is another server on the same database, by a way that nothing breaks. */
  return { url, log, proxy, deadline, sound, openWorld, follows: follow === 'auto' };
}

/** The servers that know the tokens of a world before the request is sent. */
export type KnownBy = 'nobody' | 'the other server' | 'both servers';

/** The result of breaking one command of a request. */
export type Round = Awaited<ReturnType<typeof breakCommand>>;

/** No request has so many commands. */
const MOST_ROUNDS = 60;

/**
 * Sends a request once for each command that it makes of the database, each time in a new world and with
 * another command broken. Checks the answer, the answer to the same request sent again, and which tokens
 * live after that.
 *
 * @param chooseFault - returns what the nth command meets; the first is 1.
 */
export async function breakEachCommand(
  server: BreakableServer,
  request: GoodRequest,
  chooseFault: (nth: number) => Fault,
  knownBy: KnownBy = 'nobody',
): Promise<readonly Round[]> {
  const rounds: Round[] = [];
  for (let nth = 1; rounds.length < MOST_ROUNDS; ) {
    const round = await breakCommand(server, request, { fault: chooseFault(nth), nth, knownBy });
    rounds.push(round);
    if (round.met.length > 0) nth++;
    else if (round.outcome !== 'away') return rounds; // else the deadline passed before the command
  }
  throw new Error(`${request.name} never comes to its end in ${MOST_ROUNDS} rounds`);
}

interface Break {
  readonly fault: Fault;
  readonly nth: number;
  readonly knownBy: KnownBy;
}

async function breakCommand(
  server: BreakableServer,
  request: GoodRequest,
  { fault, nth, knownBy }: Break,
) {
  const { url, proxy, deadline } = server;
  const world = await server.openWorld();
  await request.prepare?.(world);
  if (server.follows) await leased([server, { url: server.sound }]);
  if (knownBy !== 'nobody') await makeKnown(server.sound, request, world);
  if (knownBy === 'both servers') await makeKnown(url, request, world);
  await proxy.quiet();
  proxy.arm(nth, fault);
  const started = loopTime();
  const answer = await request.ask(url, world);
  const took = loopTime() - started;
  await proxy.quiet();
  const met = proxy.disarm();
  const outcome = classify(answer, request);
  return {
    /** The number of the command that was to meet the fault; the first is 1. */
    nth,
    /** The commands that met the fault; none where the request made no such command. */
    met,
    outcome,
    /** Milliseconds of the event loop until the answer. */
    took,
    /** The same from the deadline on; below 0 where it came in time. */
    late: took - deadline,
    /** Sentences on what must not have been. */
    faults: [
      ...(outcome === 'wrong' ? [`it was answered ${describe(answer)}`] : []),
      ...(outcome === 'away' ? [] : await checkTokens(server, request, world, answer)),
      ...(await checkAgain(server, request, world)),
    ],
  };
}

/** Lets a server remember the tokens that are live, and the client. */
async function makeKnown(url: string, request: GoodRequest, world: World): Promise<void> {
  const { ended, living } = listSessions(request, world);
  const tokens = [...ended, ...living].map(({ access }) => access);
  await Promise.all(tokens.map((token) => sendAs(token, `${url}/api/auth/me`)));
  await introspect(url, world.client, world.asker.tokens.access);
}

function classify(answer: Answer, { good }: GoodRequest) {
  if (summarize(answer) === good) return 'as if nothing had happened';
  return isAway(answer) ? 'away' : 'wrong';
}

const AWAY: ReadonlySet<string> = new Set(['store_unavailable', 'temporarily_unavailable', 'busy']);

/** Checks for a 503 with all that belongs to it. */
export function isAway({ status, headers, body }: Answer): boolean {
  const hasCode = AWAY.has(body.code ?? body.error) || body.status === 'not_ready';
  return status === 503 && hasCode && /^[1-9]\d*$/.test(headers.get('retry-after') ?? '');
}

function describe(answer: Answer): string {
  return `${summarize(answer)} ${JSON.stringify(answer.body)}`;
}

/** Milliseconds of the event loop until the request is sent to the other server. */
const PATIENCE = 10_000;

/**
 * Sends the same request again until it is decided, then compares everything with the decision. Uses the same server
 * or, if its short deadline is not enough, the other one of the deployment. The last round, in which nothing is broken,
 * shows that the same server recovers too.
 */
async function checkAgain(
  server: BreakableServer,
  request: GoodRequest,
  world: World,
): Promise<readonly string[]> {
  const started = loopTime();
  const choose = () => (loopTime() - started < PATIENCE ? server.url : server.sound);
  const answer = await askUntilDecided(() => request.ask(choose(), world));
  const isRight = [request.good, request.again].includes(summarize(answer));
  return [
    ...(isRight ? [] : [`sent again it was answered ${describe(answer)}`]),
    ...(await checkTokens(server, request, world, answer)),
    ...((await request.check?.(server.sound, world)) ?? []),
  ];
}

const REVOKED = /^401 (?:user_tokens|token)_revoked$/;
const ACCEPTED = /^200$/;

/** Checks the tokens of ended sessions, those of living ones, and the new one if there is one. */
async function checkTokens(
  { sound }: BreakableServer,
  request: GoodRequest,
  world: World,
  { body }: Answer,
): Promise<readonly string[]> {
  const check = async (name: string, { access }: Pick<Tokens, 'access'>, expected: RegExp) => {
    const answer = summarize(await sendAs(access, `${sound}/api/auth/me`));
    return expected.test(answer) ? [] : [`${name} was answered ${answer}`];
  };
  const { ended, living } = listSessions(request, world);
  const given = body.access_token === undefined ? [] : [{ access: String(body.access_token) }];
  const faults = await Promise.all([
    ...ended.map((tokens) => check('a revoked token', tokens, REVOKED)),
    ...living.map((tokens) => check('a living token', tokens, ACCEPTED)),
    ...given.map((tokens) => check('the new token', tokens, ACCEPTED)),
  ]);
  return faults.flat();
}
