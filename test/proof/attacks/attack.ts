import fc from 'fast-check';
import type { Scope } from '../../helpers/scope.ts';
import { sendAs, type TestServer } from '../../helpers/server.ts';
import { createHttpClient, type HttpAnswer, type HttpRequest } from '../http-client.ts';
import type { Finding } from '../section.ts';
import type { Break } from './broken-servers.ts';
import { createRandom, type Random } from './random.ts';
import { createTally } from './tally.ts';

/** The server that is attacked. */
export interface Fixture {
  readonly server: TestServer;
  /** Access tokens that must be accepted after the attack. */
  readonly good: readonly string[];
}

/** One request of an attack, and the judgement of its answer by an oracle. */
export interface Attempt {
  readonly mutator: string;
  readonly request: HttpRequest;
  /** Returns the answer in short, and what is wrong with it; undefined where nothing is. */
  judge(answer: HttpAnswer): { readonly outcome: string; readonly fault: string | undefined };
  /** Shows the attempt in the message of a fault. */
  show(): string;
}

/** One kind of attack. */
export interface Attack<F extends Fixture> {
  readonly name: string;
  open(scope: Scope): Promise<F>;
  makeAttempt(fixture: F, random: Random): Attempt;
}

/** Nothing is refused for being too much, too early or too late. */
export const UNLIMITED = {
  LOGIN_FAILURES_PER_ACCOUNT: '999999/1d',
  LOGIN_FAILURES_PER_ADDRESS: '999999/1d',
  LOGIN_FAILURES_ANYWHERE: '999999/1d',
  ACCESS_TOKEN_TTL: '24h',
  REFRESH_GRACE: '1h',
  MAX_SESSIONS: '1000',
  BCRYPT_THREADS: '2',
} as const;

interface AttackOptions {
  readonly scope: Scope;
  readonly requests: number;
  readonly detail: (text: string) => void;
  readonly breakServer?: Break;
}

const BATCH = 50;
const CONNECTIONS = 16;

/** Carries out an attack: reports what was answered, and what must not have been. */
export async function carryOut<F extends Fixture>(
  { name, open, makeAttempt }: Attack<F>,
  { scope, detail, requests, breakServer = (send) => send }: AttackOptions,
): Promise<Finding> {
  const fixture = await open(scope);
  const { server, good } = fixture;
  const send = breakServer(createHttpClient(scope, server.url, CONNECTIONS));
  const tally = createTally();
  const before = await readLastingState(server);

  async function carryOutOne({ mutator, request, judge, show }: Attempt): Promise<void> {
    const { outcome, fault } = judge(await send(request));
    tally.add(mutator, outcome);
    if (fault !== undefined) throw new Error(`${name}: ${mutator}: ${fault}: ${show()}`);
  }

  const fault = await checkProperty(Math.ceil(requests / BATCH), async (random) => {
    const attempts = Array.from({ length: BATCH }, () => makeAttempt(fixture, random));
    const results = await Promise.allSettled(attempts.map(carryOutOne));
    for (const result of results) if (result.status === 'rejected') throw result.reason;
    detail(`${tally.total} of ${requests} ${name}`);
  });
  const asked = good.map((token) => sendAs(token, `${server.url}/api/auth/me`));
  const areAccepted = (await Promise.all(asked)).every(({ status }) => status === 200);
  const errors = server.log.filter(
    ({ level, status }) => level === 'error' || Number(status) >= 500,
  );
  const rules: readonly (readonly [isKept: boolean, otherwise: string])[] = [
    [fault === undefined, `${fault}`],
    [tally.total >= requests, `Only ${tally.total} of ${requests} were sent.`],
    // An attack in which nothing was ever accepted may have missed the endpoint.
    [tally.count('200') > 0, 'Not even what is good was let in.'],
    [before === (await readLastingState(server)), 'Users or revocations were changed.'],
    [areAccepted, 'A good token was ended.'],
    [errors.length === 0, `The log tells of errors: ${JSON.stringify(errors.slice(0, 3))}`],
  ];
  const faults = rules.flatMap(([isKept, otherwise]) => (isKept ? [] : [otherwise]));
  return { report: [tally.table(name)], faults };
}

let drawn: number | undefined;

/** Returns the one seed of all attacks of a run: ATTACKS_SEED, or a new one. */
export function seed(): number {
  drawn ??= Number(process.env['ATTACKS_SEED'] ?? Date.now() % 2 ** 31);
  return drawn;
}

/** Runs batches until one throws. Returns its message, and the variables that repeat it. */
async function checkProperty(
  batches: number,
  runBatch: (random: Random) => Promise<void>,
): Promise<string | undefined> {
  const path = process.env['ATTACKS_PATH'];
  const property = fc.asyncProperty(fc.gen(), (generate) => runBatch(createRandom(generate)));
  // The message names the one request of the batch, so there is nothing to shrink.
  const options = { seed: seed(), ...(path && { path }), numRuns: batches, endOnFailure: true };
  const run = await fc.check(property, options);
  if (!run.failed) return undefined;
  const message = run.errorInstance instanceof Error ? run.errorInstance.message : 'no error';
  return `${message} (ATTACKS_SEED=${run.seed} ATTACKS_PATH=${run.counterexamplePath})`;
}

/** Reads what no attempt may change: users and revocations, except ended sessions, which a user's limit ends too. */
async function readLastingState({ collections }: TestServer): Promise<string> {
  const kind = { $ne: 'session' } as const;
  const users = collections.users.find().sort({ _id: 1 }).toArray();
  const revoked = collections.revokedTokens.find({ kind }).sort({ _id: 1 }).toArray();
  return JSON.stringify(await Promise.all([users, revoked]));
}
