import { setTimeout as delay } from 'node:timers/promises';
import { loopTime } from '../helpers/loop-clock.ts';
import type { CommandProxy, Fault } from '../helpers/proxy/command-proxy.ts';
import { type Answer, sendAs } from '../helpers/server.ts';
import { type GoodRequest, toldOf } from './good-request.ts';
import type { World } from './world.ts';

/** A server whose way to the database can be broken. */
export interface BreakableServer {
  readonly url: string;
  readonly proxy: CommandProxy;
  /** Its REQUEST_DEADLINE in milliseconds. */
  readonly deadline: number;
  /** Another server on the same database, by a way that nothing breaks. */
  readonly sound: string;
  openWorld(): Promise<World>;
}

/** What came of breaking one command of a request. */
export interface Round {
  /** The how-manieth command was to meet the fault; the first is 1. */
  readonly nth: number;
  /** Which commands met the fault; none where the request made no such command. */
  readonly met: readonly string[];
  readonly outcome: 'as if nothing had happened' | 'away' | 'wrong';
  /** How long the answer took, in milliseconds. */
  readonly took: number;
  /** By how much it came after the deadline, in time of the event loop; below 0 where it came in time. */
  readonly late: number;
  /** Sentences on what must not have been. */
  readonly faults: readonly string[];
}

/** No request has so many commands. */
const MOST_ROUNDS = 60;

/**
 * Sends a request once for each command that it makes of the database, each time in a new world and with
 * another command broken, and looks at the answer, at what the same request is answered when it is sent
 * again, and at which tokens live after that.
 *
 * @param faultOf - what the nth command meets; the first is 1.
 */
export async function breakEachCommand(
  server: BreakableServer,
  request: GoodRequest,
  faultOf: (nth: number) => Fault,
): Promise<readonly Round[]> {
  const rounds: Round[] = [];
  for (let nth = 1; rounds.length < MOST_ROUNDS; ) {
    const round = await breakCommand(server, request, faultOf(nth), nth);
    rounds.push(round);
    const { met, outcome } = round;
    if (met.length > 0) nth++;
    else if (outcome !== 'away') return rounds; // else the machine was too busy to come to the command
  }
  throw new Error(
    `${request.route} makes more than ${MOST_ROUNDS} commands, or never comes to its end`,
  );
}

async function breakCommand(
  server: BreakableServer,
  request: GoodRequest,
  fault: Fault,
  nth: number,
): Promise<Round> {
  const { url, proxy, deadline } = server;
  const world = await server.openWorld();
  await request.prepare?.(world);
  proxy.arm(nth, fault);
  const started = performance.now();
  const startedWork = loopTime();
  const answer = await request.ask(url, world);
  const took = performance.now() - started;
  const late = loopTime() - startedWork - deadline;
  await proxy.quiet();
  const met = proxy.disarm();
  const outcome = outcomeOf(answer, request);
  const faults = [
    ...(outcome === 'wrong'
      ? [`it was answered ${toldOf(answer)} ${JSON.stringify(answer.body)}`]
      : []),
    ...(outcome === 'away' ? [] : await faultsOfTokens(server, request, world, answer)),
    ...(await faultsAfter(server, request, world)),
  ];
  return { nth, met, outcome, took, late, faults };
}

function outcomeOf(answer: Answer, { good }: GoodRequest): Round['outcome'] {
  if (toldOf(answer) === good) return 'as if nothing had happened';
  return isAway(answer) ? 'away' : 'wrong';
}

const AWAY: ReadonlySet<string> = new Set(['store_unavailable', 'temporarily_unavailable', 'busy']);

/** 503 with all that belongs to it. */
export function isAway({ status, headers, body }: Answer): boolean {
  const isTold = AWAY.has(body.code ?? body.error) || body.status === 'not_ready';
  return status === 503 && isTold && /^[1-9]\d*$/.test(headers.get('retry-after') ?? '');
}

/** The same request again, until it is decided; then everything has to be as it says. */
async function faultsAfter(
  server: BreakableServer,
  request: GoodRequest,
  world: World,
): Promise<string[]> {
  const answer = await askUntilDecided(server, request, world);
  const told = toldOf(answer);
  const isRight = told === request.good || request.again?.includes(told) === true;
  return [
    ...(isRight ? [] : [`sent again it was answered ${told} ${JSON.stringify(answer.body)}`]),
    ...(await faultsOfTokens(server, request, world, answer)),
    ...((await request.check?.(server.sound, world)) ?? []),
  ];
}

const PATIENCE = 10_000;

/**
 * Asks the same server; where the machine is too busy for its short deadline, the other one of the deployment.
 * That the same one recovers too shows in the last round, in which nothing is broken.
 */
async function askUntilDecided(
  { url, sound }: BreakableServer,
  request: GoodRequest,
  world: World,
): Promise<Answer> {
  const until = performance.now() + PATIENCE;
  for (;;) {
    const answer = await request.ask(performance.now() < until ? url : sound, world);
    if (answer.status !== 503) return answer;
    if (performance.now() > until + 6 * PATIENCE) return answer;
    await delay(50);
  }
}

/** Tokens that are dead, tokens that live, and the token that was given if there is one. */
async function faultsOfTokens(
  { sound }: BreakableServer,
  { dead, live }: GoodRequest,
  world: World,
  { body }: Answer,
): Promise<string[]> {
  const given = body.access_token === undefined ? [] : [String(body.access_token)];
  const asked = async (token: string, expected: RegExp, name: string) => {
    const told = toldOf(await sendAs(token, `${sound}/api/auth/me`));
    return expected.test(told) ? [] : [`${name} was answered ${told}`];
  };
  const faults = await Promise.all([
    ...(dead?.(world) ?? []).map((token) => asked(token, REVOKED, 'a revoked token')),
    ...(live?.(world) ?? []).map((token) => asked(token, ACCEPTED, 'a token of somebody else')),
    ...given.map((token) => asked(token, ACCEPTED, 'the new token')),
  ]);
  return faults.flat();
}

const REVOKED = /^401 (?:user_tokens|token)_revoked$/;
const ACCEPTED = /^200$/;
