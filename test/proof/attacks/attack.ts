import fc from 'fast-check';
import type { Scope } from '../../helpers/scope.ts';
import { sendAs, type TestServer } from '../../helpers/server.ts';
import { FOLLOWING } from '../deployment.ts';
import { createHttpClient, type HttpAnswer, type HttpRequest, type Send } from '../http-client.ts';
import { type Finding, formatTable, type SectionContext } from '../section.ts';
import { createRandom, type Random } from './random.ts';

/** One kind of attack, on a server of its own. */
export interface Attack {
  readonly name: string;
  readonly server: TestServer;
  /** Access tokens that must be accepted after the attack. */
  readonly good: readonly string[];
  makeAttempt(random: Random): Attempt;
}

/** One request of an attack, and the judgement of its answer by an oracle. */
export interface Attempt {
  readonly mutator: string;
  readonly request: HttpRequest;
  /** Returns the answer in short, and what is wrong with it; undefined where nothing is. */
  judge(answer: HttpAnswer): { readonly outcome: string; readonly fault: string | undefined };
}

/** Nothing is refused for being too much, too early or too late. The server follows, and remembers what it is asked for. */
export const UNLIMITED = {
  ...FOLLOWING,
  LOGIN_FAILURES_PER_ACCOUNT: '999999/1d',
  LOGIN_FAILURES_PER_ADDRESS: '999999/1d',
  LOGIN_FAILURES_ANYWHERE: '999999/1d',
  ACCESS_TOKEN_TTL: '24h',
  REFRESH_GRACE: '1h',
  MAX_SESSIONS: '1000',
  BCRYPT_THREADS: '2',
} as const;

/** Requests that are on their way at the same time. */
const BATCH = 20;

/** Carries out an attack: reports what was answered, and what must not have been. */
export async function carryOut(
  open: (scope: Scope) => Promise<Attack>,
  requests: number,
  { scope, detail }: Pick<SectionContext, 'scope' | 'detail'>,
  breakServer = (send: Send) => send,
): Promise<Finding> {
  const { name, server, good, makeAttempt } = await open(scope);
  const send = breakServer(createHttpClient(scope, server.url));
  const answers: Answered[] = [];
  const before = await readLastingState(server);

  async function carryOutOne({ mutator, request, judge }: Attempt): Promise<void> {
    const { outcome, fault } = judge(await send(request));
    answers.push({ mutator, outcome });
    if (fault !== undefined) throw new Error(`${name}: ${mutator}: ${fault}: ${show(request)}`);
  }

  const fault = await checkProperty(Math.ceil(requests / BATCH), async (random) => {
    const attempts = Array.from({ length: BATCH }, () => makeAttempt(random));
    const results = await Promise.allSettled(attempts.map(carryOutOne));
    for (const result of results) if (result.status === 'rejected') throw result.reason;
    detail(`${answers.length} of ${requests} ${name}`);
  });
  const asked = good.map((token) => sendAs(token, `${server.url}/api/auth/me`));
  const areAccepted = (await Promise.all(asked)).every(({ status }) => status === 200);
  const errors = server.log.filter(
    ({ level, status }) => level === 'error' || Number(status) >= 500,
  );
  const rules: readonly (readonly [isKept: boolean, otherwise: string])[] = [
    [fault === undefined, `${fault}`],
    [answers.length >= requests, `Only ${answers.length} of ${requests} were sent.`],
    // An attack in which nothing was ever accepted may have missed the endpoint.
    [answers.some(({ outcome }) => outcome === '200'), 'Not even what is good was let in.'],
    [before === (await readLastingState(server)), 'Users or revocations were changed.'],
    [areAccepted, 'A good token was ended.'],
    [errors.length === 0, `The log contains errors: ${JSON.stringify(errors.slice(0, 3))}`],
  ];
  const faults = rules.flatMap(([isKept, otherwise]) => (isKept ? [] : [otherwise]));
  return { report: [formatAnswers(name, answers)], faults };
}

interface Answered {
  readonly mutator: string;
  readonly outcome: string;
}

/** Prints a row for each mutator, and a column for each outcome. */
function formatAnswers(heading: string, answers: readonly Answered[]): string {
  const list = (name: keyof Answered) => [...new Set(answers.map((each) => each[name]))].sort();
  const byMutator = list('mutator').map((name) => {
    return { name, answers: answers.filter(({ mutator }) => mutator === name) };
  });
  const count = (outcome: string) => (row: { readonly answers: readonly Answered[] }) =>
    row.answers.filter((each) => each.outcome === outcome).length || '–';
  return formatTable(
    [...byMutator, { name: 'all', answers }],
    [[heading, ({ name }) => name], ...list('outcome').map((each) => [each, count(each)] as const)],
  );
}

function show({ method, path, headers, body = '' }: HttpRequest): string {
  const text = JSON.stringify({ headers, body: Buffer.from(body).toString('latin1') });
  return `${method} ${path} with ${text.slice(0, 2_000)}`;
}

let drawn: number | undefined;

/** Returns the one seed of all attacks of a run: ATTACKS_SEED, or a new one. */
export function seed(): number {
  drawn ??= Number(process.env['ATTACKS_SEED'] ?? Date.now() % 2 ** 31);
  return drawn;
}

/** Runs batches until one throws. Returns its message, and the seed that repeats it. */
async function checkProperty(
  batches: number,
  runBatch: (random: Random) => Promise<void>,
): Promise<string | undefined> {
  const property = fc.asyncProperty(fc.gen(), (generate) => runBatch(createRandom(generate)));
  // The message names the one request of the batch, so there is nothing to shrink.
  const run = await fc.check(property, { seed: seed(), numRuns: batches, endOnFailure: true });
  if (!run.failed) return undefined;
  const message = run.errorInstance instanceof Error ? run.errorInstance.message : 'no error';
  return `${message} (ATTACKS_SEED=${run.seed})`;
}

/** Reads what no attempt may change: users and revocations, except ended sessions, which a user's limit ends too. */
async function readLastingState({ collections }: TestServer): Promise<string> {
  const kind = { $ne: 'session' } as const;
  const users = collections.users.find().sort({ _id: 1 }).toArray();
  const revoked = collections.revokedTokens.find({ kind }).sort({ _id: 1 }).toArray();
  return JSON.stringify(await Promise.all([users, revoked]));
}
