import fc from 'fast-check';
import type { Scope } from '../../helpers/scope.ts';
import { sendAs, type TestServer } from '../../helpers/server.ts';
import type { Finding, Surroundings } from '../section.ts';
import { createHttpClient, type HttpClient } from './http-client.ts';
import { runProperty } from './run-property.ts';
import { createTally, type Tally } from './tally.ts';

/** What is attacked. */
export interface Scene {
  readonly server: TestServer;
  /** Access tokens that have to be as good afterwards as before. */
  readonly good: readonly string[];
}

/** One kind of attack: what is sent, and what judges the answers. */
export interface Attack<S extends Scene, T> {
  readonly name: string;
  open(owner: Scope): Promise<S>;
  mutants(scene: S): fc.Arbitrary<T>;
  /** Sends one and counts the answer; throws where it must not be. */
  judge(mutant: T, scene: S, http: HttpClient, tally: Tally): Promise<void>;
}

export interface AttackOptions extends Pick<Surroundings, 'owner' | 'detail'> {
  /** How many requests. */
  readonly requests: number;
  /** What stands before the server, as its URL: a test puts there what is wrong with it. Default nothing. */
  readonly front?: (server: TestServer, owner: Scope) => Promise<string>;
}

/** How many are sent at the same time. */
const AT_ONCE = 50;
const CONNECTIONS = 16;

/** Carries out an attack, and tells what was sent, what was answered, and what must not have been. */
export async function carryOut<S extends Scene, T>(
  attack: Attack<S, T>,
  { owner, detail, requests, front }: AttackOptions,
): Promise<Finding> {
  const scene = await attack.open(owner);
  const url = (await front?.(scene.server, owner)) ?? scene.server.url;
  const http = createHttpClient(url, CONNECTIONS);
  owner.teardown(() => http.close());
  const tally = createTally();
  const before = await traces(scene.server);
  const fault = await runProperty(
    {
      name: attack.name,
      batches: Math.ceil(requests / AT_ONCE),
      progress: () => detail(`${tally.total} of ${requests} ${attack.name}`),
    },
    fc.array(attack.mutants(scene), { minLength: AT_ONCE, maxLength: AT_ONCE }),
    (batch) => allJudged(batch.map((mutant) => attack.judge(mutant, scene, http, tally))),
  );
  const faults = [fault, ...(await faultsLeft(scene, before)), ...faultsOf(tally, requests)];
  return { report: tally.table(attack.name), faults: faults.filter((each) => each !== undefined) };
}

/** Waits for all that was sent, and then throws the first fault that was found. */
async function allJudged(judged: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(judged);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

/** What no mutant may change: the users, and what is revoked but for sessions, of which each user has a limit. */
async function traces({ collections }: TestServer): Promise<string> {
  const users = await collections.users.find().sort({ _id: 1 }).toArray();
  const kind = { $ne: 'session' } as const;
  const revoked = await collections.revokedTokens.find({ kind }).sort({ _id: 1 }).toArray();
  return JSON.stringify([users, revoked]);
}

async function faultsLeft({ server, good }: Scene, before: string): Promise<string[]> {
  const faults = before === (await traces(server)) ? [] : ['Users or revocations were changed.'];
  const answers = await Promise.all(
    good.map((token) => sendAs(token, `${server.url}/api/auth/me`)),
  );
  if (answers.some(({ status }) => status !== 200)) faults.push('A good token was ended.');
  const errors = server.log.filter(
    ({ level, status }) => level === 'error' || Number(status) >= 500,
  );
  if (errors.length > 0)
    faults.push(`The log tells of errors: ${JSON.stringify(errors.slice(0, 3))}`);
  return faults;
}

/** An attack in which nothing was ever let in may have been sent to the wrong door. */
function faultsOf(tally: Tally, requests: number): string[] {
  const faults = tally.total >= requests ? [] : [`Only ${tally.total} of ${requests} were sent.`];
  return tally.of('200') > 0 ? faults : [...faults, 'Not even what is good was let in.'];
}
