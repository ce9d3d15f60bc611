import fc from 'fast-check';
import { Chance } from './chance.ts';
import { cutoffOf, type Token } from './memory.ts';
import type { Leg } from './network.ts';
import {
  BUSY,
  CALM,
  COMMAND,
  FOLLOWERS,
  type Schedule,
  SERVER,
  type Step,
  TOKENS,
  USERS,
} from './schedule.ts';

const follower = fc.constantFrom<string>(...FOLLOWERS);
const process = fc.constantFrom<string>(...FOLLOWERS, SERVER, COMMAND);
const server = fc.constantFrom<string>(...FOLLOWERS, SERVER);
const user = fc.constantFrom<string>(...USERS);
const duration = fc.integer({ min: 1, max: 25 });
const at = fc.integer({ min: 10, max: 590 }).map((tenths) => tenths / 10);
const entries = fc.integer({ min: 0, max: 6 });

function change(name: 'disable' | 'remove' | 'enable' | 'change-password' | 'login') {
  return fc.record({ at, do: fc.constant(name), who: name === 'login' ? server : process, user });
}

function disturb(name: 'hold' | 'lose', leg: Leg, who: fc.Arbitrary<string>) {
  return fc.record({ at, do: fc.constant(name), who, leg: fc.constant(leg), for: duration });
}

const keys = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...TOKENS.map(({ id }) => [id])) },
  { weight: 2, arbitrary: fc.constantFrom(['t0', 't1'], ['t3', 't2'], ['t4', 't0']) },
  { weight: 1, arbitrary: fc.constantFrom(...USERS.map((name) => [cutoffOf(name)])) },
);

const ways = fc.subarray(
  [...FOLLOWERS, SERVER, COMMAND].flatMap((name) => [
    `${name} feed`,
    `${name} read`,
    `${name} write`,
  ]),
);

/** Steps, those that come more often with a greater weight. */
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ at, do: fc.constant('revoke'), who: process, keys }) },
  { weight: 2, arbitrary: change('disable') },
  { weight: 1, arbitrary: change('remove') },
  { weight: 3, arbitrary: change('enable') },
  { weight: 1, arbitrary: change('change-password') },
  { weight: 3, arbitrary: change('login') },
  { weight: 1, arbitrary: fc.record({ at, do: fc.constantFrom('demote', 'replace-users'), user }) },
  { weight: 1, arbitrary: fc.record({ at, do: fc.constant('stop'), who: follower }) },
  { weight: 1, arbitrary: fc.record({ at, do: fc.constant('kill'), who: process }) },
  { weight: 2, arbitrary: fc.record({ at, do: fc.constant('start'), who: follower }) },
  {
    weight: 3,
    arbitrary: fc.record({
      at,
      do: fc.constantFrom('pause', 'suspend'),
      who: process,
      for: duration,
    }),
  },
  { weight: 2, arbitrary: disturb('hold', 'events', follower) },
  { weight: 1, arbitrary: disturb('hold', 'command', process) },
  { weight: 1, arbitrary: disturb('hold', 'reply', process) },
  { weight: 1, arbitrary: disturb('hold', 'answer', process) },
  { weight: 1, arbitrary: disturb('hold', 'open', follower) },
  { weight: 1, arbitrary: disturb('hold', 'turn', follower) },
  { weight: 1, arbitrary: disturb('lose', 'command', fc.constantFrom('*', ...FOLLOWERS)) },
  { weight: 1, arbitrary: disturb('lose', 'reply', process) },
  {
    weight: 1,
    arbitrary: fc.record({ at, do: fc.constant('stale'), who: process, for: duration }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ at, do: fc.constant('elect'), rolledBack: entries, unknown: entries }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      at,
      do: fc.constant('cut'),
      for: duration,
      rolledBack: entries,
      unknown: entries,
      astray: ways,
    }),
  },
  { weight: 1, arbitrary: fc.record({ at, do: fc.constant('overrun') }) },
);

/** The loss of all revocations, once and late: nothing is accepted after it. */
const loss = fc.record({
  at: fc.integer({ min: 500, max: 650 }).map((tenths) => tenths / 10),
  do: fc.constantFrom('empty', 'drop-revocations'),
});

/** Jumps of wall clocks. F2 is never suspended then, since nothing disturbs both clocks of a follower. */
const jumps = fc.array(
  fc.record({
    at,
    do: fc.constant('jump'),
    who: fc.constantFrom('F2', SERVER),
    by: fc.integer({ min: -30, max: 30 }),
  }),
  { maxLength: 2 },
);

const starts = fc.tuple(
  ...FOLLOWERS.map((who) =>
    fc.record({
      at: fc.integer({ min: 0, max: 8 }),
      do: fc.constant('start'),
      who: fc.constant(who),
    }),
  ),
);

/** Random schedules. What a seed makes is not shrunk, the steps are. */
export const schedules: fc.Arbitrary<Schedule> = fc.noBias(
  fc
    .record({
      seed: fc.noShrink(fc.nat()),
      leases: fc.tuple(...FOLLOWERS.map(() => fc.constantFrom(5, 7, 9))),
      rates: fc.array(fc.constantFrom(1, 1.05, 1.1), { minLength: 5, maxLength: 5 }),
      starts,
      steps: fc.array(step, { minLength: 6, maxLength: 18 }),
      jumps,
      loss: fc.array(loss, { maxLength: 1 }),
    })
    .map(({ starts, steps, jumps, loss, ...rest }) => ({
      ...rest,
      steps: [...starts, ...steps.filter(isAllowed), ...jumps, ...loss],
    })),
);

function isAllowed(step: Step): boolean {
  return step.do !== 'suspend' || step.who !== 'F2';
}

/** Makes clients that use all tokens at all servers, and some more around each change of what a token may do. */
export function createTraffic(seed: number, steps: readonly Step[]): Step[] {
  const chance = new Chance(seed);
  const spread = Array.from({ length: 24 }, () =>
    createClient(chance, chance.between(6, BUSY + CALM / 4), TOKENS),
  );
  const around = steps.flatMap((step) => {
    const tokens = TOKENS.filter((token) => isAbout(step, token));
    const length = tokens.length === 0 ? 0 : 4;
    return Array.from({ length }, () =>
      createClient(chance, chance.between(step.at - 4, step.at + 8), tokens),
    );
  });
  return [...spread, ...around].flat();
}

/** Makes a client that sends requests with one token to one server, one after the other. */
function createClient(chance: Chance, from: number, tokens: readonly Token[]): Step[] {
  const who = chance.happens(0.06) ? SERVER : chance.pick(FOLLOWERS);
  const token = chance.pick(tokens).id;
  let at = from;
  return Array.from({ length: 8 }, () => {
    at += chance.between(0.1, 1.5);
    return { at, do: 'check', who, token };
  });
}

function isAbout(step: Step, { id, user }: Token): boolean {
  if ('keys' in step) return step.keys.includes(id) || step.keys.includes(cutoffOf(user));
  return 'user' in step && step.do !== 'login' && step.user === user;
}
