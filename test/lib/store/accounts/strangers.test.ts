import { randomUUID } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { AuthError } from '../../../../lib/errors.ts';
import {
  createLoginLimits,
  type LoginLimits,
} from '../../../../lib/store/accounts/login-limits.ts';
import type { Collections } from '../../../../lib/store/mongo/collections.ts';
import { DAY, MINUTE, SECOND } from '../../../../lib/time.ts';
import { migratedDatabase } from '../../../helpers/database.ts';

/** Returns the n-th address that an attack comes from. */
type Origin = (n: number) => string;

const MANY_NETWORKS: Origin = (n) => `198.${18 + Math.floor(n / 250)}.${n % 250}.1`;

/** The defaults, but for the limit of an account and address, which would only keep the attack from its worst. */
async function openLimits(t: ExecutionContext, anywhere = { points: 100, duration: DAY }) {
  const { collections } = await migratedDatabase(t);
  const email = `${randomUUID()}@example.com`;
  const perAccount = { points: 1_000, duration: 15 * MINUTE };
  const perAddress = { points: 1_000, duration: 15 * MINUTE };
  const limits = createLoginLimits(collections, { perAccount, perAddress, anywhere });
  return { collections, limits, email };
}

/** Takes a login, and answers 0, or the milliseconds after which to try again. */
async function readWait(limits: LoginLimits, email: string, ip: string): Promise<number> {
  const attempt = await limits.takeLogin(email, ip).catch((error: unknown) => {
    if (error instanceof AuthError && error.retryAfter !== undefined) return error.retryAfter;
    throw error;
  });
  if (typeof attempt === 'number') return attempt;
  await attempt.failed();
  return 0;
}

/** Guesses from each address in turn, in `rounds`; returns how many guesses there was room for. */
async function attack(
  { limits, email }: { limits: LoginLimits; email: string },
  { addresses, rounds, origin }: { addresses: number; rounds: number; origin: Origin },
): Promise<number> {
  let guesses = 0;
  for (let round = 0; round < rounds; round++) {
    for (let n = 0; n < addresses; n += 10) {
      const tenth = Array.from({ length: 10 }, (_, i) => readWait(limits, email, origin(n + i)));
      guesses += (await Promise.all(tenth)).filter((wait) => wait === 0).length;
    }
  }
  return guesses;
}

/** Lets time pass for what is stored, as if it had been stored so much earlier. */
async function passTime({ loginLimits }: Collections, milliseconds: number): Promise<void> {
  const earlier = (field: string) => ({ $subtract: [field, milliseconds] });
  await loginLimits.updateMany({ since: { $exists: true } }, [
    { $set: { since: earlier('$since'), expire: earlier('$expire') } },
  ]);
}

/** Attacks from 100 addresses, and an address of the owner that was never seen before. */
const ATTACKS: readonly (readonly [what: string, origin: Origin, owner: string])[] = [
  ['100 networks', MANY_NETWORKS, '203.0.113.9'],
  ['100 networks, with the owner in one of them', MANY_NETWORKS, '198.18.99.2'],
  ['one network of IPv4', (n) => `198.51.100.${n}`, '203.0.113.9'],
  ['one network of IPv4, with the owner in it', (n) => `198.51.100.${n}`, '198.51.100.200'],
  ['50 networks of IPv4', (n) => `198.51.${n % 50}.${n}`, '198.51.7.200'],
  ['100 /64s of one /48', (n) => `2001:db8:0:${n}::1`, '2001:db8:1::1'],
  ['100 /64s of one /48, with the owner in it', (n) => `2001:db8:0:${n}::1`, '2001:db8:0:fff::1'],
];

for (const [what, origin, owner] of ATTACKS) {
  test(`after 1,000 wrong passwords from ${what} the owner gets in at a new address at once, though he mistypes it first`, async (t) => {
    const fixture = await openLimits(t);
    const guesses = await attack(fixture, { addresses: 100, rounds: 10, origin });
    t.true(guesses > 100 && guesses <= 500, `${guesses}`);
    const meanwhile = attack(fixture, { addresses: 100, rounds: 1, origin });
    const waits: number[] = [];
    for (let time = 0; time < 2; time++)
      waits.push(await readWait(fixture.limits, fixture.email, owner));
    t.deepEqual(waits, [0, 0]);
    t.is(await meanwhile, 0, 'those who attack are out');
  });
}

test('an attack that goes on for days from the same 100 addresses keeps the owner out on no day', async (t) => {
  const fixture = await openLimits(t);
  for (let day = 0; day < 5; day++) {
    const guesses = await attack(fixture, { addresses: 100, rounds: 3, origin: MANY_NETWORKS });
    t.true(guesses <= 500, `${guesses}`);
    t.is(await readWait(fixture.limits, fixture.email, `203.0.113.${day}`), 0, `day ${day}`);
    await passTime(fixture.collections, DAY);
  }
});

test('one network, or one /48, cannot use up what is kept for others, however many addresses it has', async (t) => {
  for (const origin of [
    (n: number) => `2001:db8:0:${n.toString(16)}::1`,
    (n: number) => `198.51.100.${n % 256}`,
  ]) {
    const fixture = await openLimits(t);
    await attack(fixture, { addresses: 600, rounds: 2, origin });
    t.is(await readWait(fixture.limits, fixture.email, '203.0.113.9'), 0);
  }
});

test('all strangers together have at most five times the limit in any day, in turn or at once', async (t) => {
  const fixture = await openLimits(t, { points: 10, duration: DAY });
  const everyone = { addresses: 200, rounds: 1, origin: MANY_NETWORKS };
  const first = await attack(fixture, everyone);
  t.is(first, 40, 'at once');
  await passTime(fixture.collections, DAY / 2);
  const origin: Origin = (n) => `2001:db8:${n.toString(16)}::1`;
  const second = await attack(fixture, { ...everyone, origin });
  await passTime(fixture.collections, DAY / 2 - MINUTE);
  const third = await attack(fixture, { ...everyone, origin: (n) => `192.88.${n}.1` });
  t.deepEqual([second, third], [5, 4]);
});

test('the first failures are as many as the limit allows, whichever addresses they come from', async (t) => {
  const fixture = await openLimits(t, { points: 10, duration: DAY });
  t.is(await attack(fixture, { addresses: 10, rounds: 1, origin: () => '192.0.2.1' }), 10);
  const slowly = await attack(fixture, { addresses: 10, rounds: 1, origin: () => '192.0.2.1' });
  t.is(slowly, 2, 'then each address has two tries');
});

test('the returned time is the time until another login is allowed', async (t) => {
  const fixture = await openLimits(t, { points: 10, duration: DAY });
  const { limits, email, collections } = fixture;
  await attack(fixture, { addresses: 100, rounds: 1, origin: MANY_NETWORKS });
  const wait = await readWait(limits, email, '203.0.113.9');
  t.true(wait > 0 && wait <= DAY / 10, String(wait));
  await passTime(collections, wait - MINUTE);
  const rest = await readWait(limits, email, '203.0.113.9');
  t.true(rest > 0 && rest <= MINUTE, String(rest));
  await passTime(collections, rest + SECOND);
  t.is(await readWait(limits, email, '203.0.113.9'), 0);
});
