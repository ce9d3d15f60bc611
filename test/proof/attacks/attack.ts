import fc from 'fast-check';
import type { Scope } from '../../helpers/scope.ts';
import { sendAs, type TestServer } from '../../helpers/server.ts';
import { createHttpClient, type HttpAnswer, type HttpRequest, type Send } from '../http-client.ts';
import type { Finding, Surroundings } from '../section.ts';
import { createRandom, type Random } from './random.ts';
import { createTally, type Tally } from './tally.ts';

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
  /** Returns a function that makes a random attempt. */
  prepare(fixture: F): (random: Random) => Attempt;
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

interface AttackOptions extends Pick<Surroundings, 'detail'> {
  readonly scope: Scope;
  /** The number of requests. */
  readonly requests: number;
  /** Starts a faulty proxy before the server and returns its URL. */
  readonly front?: (server: TestServer, scope: Scope) => Promise<string>;
}

const BATCH = 50;
const CONNECTIONS = 16;

/** Carries out an attack: reports what was answered, and what must not have been. */
export async function carryOut<F extends Fixture>(
  attack: Attack<F>,
  { scope, detail, requests, front }: AttackOptions,
): Promise<Finding> {
  const fixture = await attack.open(scope);
  const { server } = fixture;
  const url = (await front?.(server, scope)) ?? server.url;
  const send = createHttpClient(scope, url, CONNECTIONS);
  const tally = createTally();
  const before = await readLastingState(server);
  const makeAttempt = attack.prepare(fixture);

  async function sendBatch(generate: fc.GeneratorValue): Promise<void> {
    const random = createRandom(generate);
    const attempts = Array.from({ length: BATCH }, () => makeAttempt(random));
    const results = await Promise.allSettled(attempts.map((each) => judge(each, send, tally)));
    for (const result of results) if (result.status === 'rejected') throw result.reason;
    detail(`${tally.total} of ${requests} ${attack.name}`);
  }

  const fault = await checkProperty(sendBatch, Math.ceil(requests / BATCH));
  const faults = [
    fault && `${attack.name}: ${fault}`,
    tally.total < requests && `Only ${tally.total} of ${requests} were sent.`,
    // An attack in which nothing was ever accepted may have missed the endpoint.
    tally.count('200') === 0 && 'Not even what is good was let in.',
    before !== (await readLastingState(server)) && 'Users or revocations were changed.',
    !(await areAccepted(fixture)) && 'A good token was ended.',
    findLoggedErrors(server),
  ];
  return {
    report: [tally.table(attack.name)],
    faults: faults.filter((each) => typeof each === 'string'),
  };
}

async function judge(attempt: Attempt, send: Send, tally: Tally): Promise<void> {
  const { outcome, fault } = attempt.judge(await send(attempt.request));
  tally.add(attempt.mutator, outcome);
  if (fault !== undefined) throw new Error(`${attempt.mutator}: ${fault}: ${attempt.show()}`);
}

let drawn: number | undefined;

/** Returns the one seed of all attacks of a run: ATTACKS_SEED, or a new one. */
export function seed(): number {
  drawn ??= Number(process.env['ATTACKS_SEED'] ?? Date.now() % 2 ** 31);
  return drawn;
}

/** Runs the batches until one fails. Returns the fault, and the variables that repeat it. */
async function checkProperty(
  sendBatch: (generate: fc.GeneratorValue) => Promise<void>,
  batches: number,
): Promise<string | undefined> {
  const path = process.env['ATTACKS_PATH'];
  const run = await fc.check(fc.asyncProperty(fc.gen(), sendBatch), {
    seed: seed(),
    ...(path && { path }),
    numRuns: batches,
    endOnFailure: true, // the error names the one request of the batch: there is nothing to shrink
  });
  if (!run.failed) return undefined;
  const message = run.errorInstance instanceof Error ? run.errorInstance.message : 'no error';
  return `${message} (ATTACKS_SEED=${run.seed} ATTACKS_PATH=${run.counterexamplePath})`;
}

/** Reads what no attempt may change: users and revocations, except ended sessions, which a user's limit ends too. */
async function readLastingState({ collections }: TestServer): Promise<string> {
  const users = await collections.users.find().sort({ _id: 1 }).toArray();
  const kind = { $ne: 'session' } as const;
  const revoked = await collections.revokedTokens.find({ kind }).sort({ _id: 1 }).toArray();
  return JSON.stringify([users, revoked]);
}

async function areAccepted({ server, good }: Fixture): Promise<boolean> {
  const asked = good.map((token) => sendAs(token, `${server.url}/api/auth/me`));
  return (await Promise.all(asked)).every(({ status }) => status === 200);
}

function findLoggedErrors({ log }: TestServer): string | undefined {
  const errors = log.filter(({ level, status }) => level === 'error' || Number(status) >= 500);
  return errors.length === 0
    ? undefined
    : `The log tells of errors: ${JSON.stringify(errors.slice(0, 3))}`;
}
