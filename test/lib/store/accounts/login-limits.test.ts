import { randomUUID } from 'node:crypto';
import test from 'ava';
import type { AuthError } from '../../../../lib/errors.ts';
import {
  createLoginLimits,
  type LoginLimits,
} from '../../../../lib/store/accounts/login-limits.ts';
import { HOUR, MINUTE, SECOND } from '../../../../lib/time.ts';
import { migratedDatabase } from '../../../helpers/database.ts';

const MANY = { points: 1_000, duration: HOUR };
const TWO = { points: 2, duration: HOUR };
const TWO_OF_EACH = { perAccount: TWO, perAddress: TWO, anywhere: TWO };
const REFUSED = { code: 'too_many_logins' };
const BUSY = { code: 'busy' };

async function fail(limits: LoginLimits, email: string, ip: string, times = 1) {
  for (let time = 0; time < times; time++) await (await limits.takeLogin(email, ip)).failed();
}

function anyEmail() {
  return `${randomUUID()}@example.com`;
}

/** Counts the attempts that had room; the others ended as `expected`. */
async function granted(attempts: readonly Promise<unknown>[]) {
  const results = await Promise.allSettled(attempts);
  const refused = results.flatMap((it) => (it.status === 'rejected' ? [it.reason.code] : []));
  return { granted: attempts.length - refused.length, refused: [...new Set(refused)] };
}

test('per account and address: so many failures, then too_many_logins with retryAfter', async (t) => {
  const { collections } = await migratedDatabase(t);
  const perAccount = { points: 3, duration: 15 * MINUTE };
  const limits = createLoginLimits(collections, { perAccount, perAddress: MANY, anywhere: MANY });
  const email = anyEmail();
  await fail(limits, email, '192.0.2.1', 3);
  const error = await t.throwsAsync<AuthError>(limits.takeLogin(email, '192.0.2.1'), REFUSED);
  const retryAfter = error?.retryAfter ?? 0;
  t.true(retryAfter > 14 * MINUTE && retryAfter <= 15 * MINUTE);
  await t.notThrowsAsync(limits.takeLogin(email, '192.0.2.2'), 'another address');
  await t.notThrowsAsync(limits.takeLogin(anyEmail(), '192.0.2.1'), 'another account');
});

test('per address: over all accounts, and over the /64 of IPv6', async (t) => {
  const { collections } = await migratedDatabase(t);
  const perAddress = { points: 3, duration: MINUTE };
  const limits = createLoginLimits(collections, { perAccount: MANY, perAddress, anywhere: MANY });
  for (const ip of ['2001:db8::1', '2001:db8::2', '2001:db8::3'])
    await fail(limits, anyEmail(), ip);
  await t.throwsAsync(limits.takeLogin(anyEmail(), '2001:db8::4'), REFUSED);
  await t.notThrowsAsync(limits.takeLogin(anyEmail(), '2001:db8:0:1::4'), 'another /64');
});

test('per address: a /48 of IPv6 has ten times the failures of one /64, however many /64s it has', async (t) => {
  const { collections } = await migratedDatabase(t);
  const perAddress = { points: 1, duration: HOUR };
  const limits = createLoginLimits(collections, { perAccount: MANY, perAddress, anywhere: MANY });
  for (let net = 0; net < 10; net++) await fail(limits, anyEmail(), `2001:db8:0:${net}::1`);
  await t.throwsAsync(limits.takeLogin(anyEmail(), '2001:db8:0:99::1'), REFUSED);
  await t.notThrowsAsync(limits.takeLogin(anyEmail(), '2001:db8:1::1'), 'another /48');
  for (let host = 1; host <= 20; host++) await fail(limits, anyEmail(), `198.51.100.${host}`);
});

test('anywhere: over all addresses, but an address that logged in before is spared', async (t) => {
  const { collections } = await migratedDatabase(t);
  const anywhere = { points: 3, duration: HOUR };
  const limits = createLoginLimits(collections, { perAccount: MANY, perAddress: MANY, anywhere });
  const email = anyEmail();
  await (await limits.takeLogin(email, '192.0.2.1')).succeeded();
  await fail(limits, email, '198.51.100.1', 3 + 2);
  await t.throwsAsync(limits.takeLogin(email, '198.51.100.1'), REFUSED);
  await fail(limits, email, '192.0.2.1', 10);
  await t.notThrowsAsync(limits.takeLogin(anyEmail(), '198.51.100.1'), 'another account');
});

test('a login that succeeds or is withdrawn is no failure', async (t) => {
  const { collections } = await migratedDatabase(t);
  const limits = createLoginLimits(collections, TWO_OF_EACH);
  const email = anyEmail();
  for (let time = 0; time < 5; time++) {
    await (await limits.takeLogin(email, '192.0.2.1')).succeeded();
    await (await limits.takeLogin(email, '192.0.2.1')).withdraw();
  }
  await fail(limits, email, '192.0.2.1', 2);
  await t.throwsAsync(limits.takeLogin(email, '192.0.2.1'), REFUSED);
});

test('a login that is turned away counts nowhere', async (t) => {
  const { collections } = await migratedDatabase(t);
  const perAccount = { points: 2, duration: HOUR };
  const perAddress = { points: 3, duration: HOUR };
  const limits = createLoginLimits(collections, { perAccount, perAddress, anywhere: MANY });
  const email = anyEmail();
  await fail(limits, email, '192.0.2.1', 2);
  for (let time = 0; time < 5; time++) {
    await t.throwsAsync(limits.takeLogin(email, '192.0.2.1'), REFUSED);
  }
  await fail(limits, anyEmail(), '192.0.2.1');
  await t.throwsAsync(limits.takeLogin(anyEmail(), '192.0.2.1'), REFUSED);
});

test('of 20 logins at once, on two servers, no more than the limit are under way, and the others are busy', async (t) => {
  const { collections } = await migratedDatabase(t);
  const perAccount = { points: 5, duration: HOUR };
  const options = { perAccount, perAddress: MANY, anywhere: MANY };
  const servers = [0, 1].map(() => createLoginLimits(collections, options));
  const email = anyEmail();
  const all = Array.from({ length: 10 }, () =>
    servers.map((limits) => limits.takeLogin(email, '192.0.2.1')),
  ).flat();
  const { granted: under, refused } = await granted(all);
  t.true(under >= 1 && under <= 5, String(under));
  t.deepEqual(refused, ['busy']);
});

test('attempts under way leave no room, are no failures, and leave room again when they end', async (t) => {
  const { collections } = await migratedDatabase(t);
  for (const over of ['perAccount', 'perAddress'] as const) {
    const all = { perAccount: MANY, perAddress: MANY, anywhere: MANY };
    const limits = createLoginLimits(collections, { ...all, [over]: TWO });
    const [email, ip] = [anyEmail(), over === 'perAccount' ? '192.0.2.1' : '192.0.2.2'];
    const first = await limits.takeLogin(email, ip);
    const second = await limits.takeLogin(email, ip);
    await t.throwsAsync(limits.takeLogin(email, ip), BUSY, over);
    await second.succeeded();
    const third = await limits.takeLogin(email, ip);
    await first.failed();
    await t.throwsAsync(limits.takeLogin(email, ip), BUSY, over);
    await third.failed();
    await t.throwsAsync(limits.takeLogin(email, ip), REFUSED, over);
  }
});

test('an attempt that a crash left under way is dropped in time, and is worth nothing afterwards', async (t) => {
  const { collections } = await migratedDatabase(t);
  const perAccount = { points: 1, duration: HOUR };
  const limits = createLoginLimits(collections, { perAccount }, 30 * SECOND);
  const email = anyEmail();
  const crashed = await limits.takeLogin(email, '192.0.2.1');
  await t.throwsAsync(limits.takeLogin(email, '192.0.2.1'), BUSY);
  const [{ under_way } = { under_way: [] }] = await collections.loginLimits.find().toArray();
  const left = under_way[0].until.getTime() - Date.now();
  t.true(left > 0 && left <= 31 * SECOND, String(left));

  const late = { $set: { 'under_way.$[].until': new Date(Date.now() - 1) } };
  await collections.loginLimits.updateMany({ under_way: { $exists: true } }, late);
  const next = await limits.takeLogin(email, '192.0.2.1');
  const gone = { code: 'store_unavailable' };
  await t.throwsAsync(crashed.failed(), gone, 'nobody learns that it was wrong');
  await t.throwsAsync(crashed.succeeded(), gone, 'nor that it was right');
  await next.failed();
  await t.throwsAsync(limits.takeLogin(email, '192.0.2.1'), REFUSED, 'the one that was counted');
});

test('changes of a password are counted by session: logins do not hinder them, nor other sessions', async (t) => {
  const { collections } = await migratedDatabase(t);
  const limits = createLoginLimits(collections, TWO_OF_EACH);
  await fail(limits, 'ann@example.com', '192.0.2.1', 2);
  for (let time = 0; time < 2; time++) await (await limits.takeChange('session-1')).failed();
  await t.throwsAsync(limits.takeChange('session-1'), REFUSED);
  await t.notThrowsAsync(limits.takeChange('session-2'));
});

test('a session has no more wrong changes than all strangers together, over the longer time', async (t) => {
  const { collections } = await migratedDatabase(t);
  const anywhere = { points: 3, duration: 24 * HOUR };
  const limits = createLoginLimits(collections, { perAccount: MANY, anywhere });
  for (let time = 0; time < 3; time++) await (await limits.takeChange('session-1')).failed();
  const error = await t.throwsAsync<AuthError>(limits.takeChange('session-1'), REFUSED);
  t.true((error?.retryAfter ?? 0) > 23 * HOUR);
});

test('accounts, addresses and sessions are stored as hashes, with Dates that the TTL index can delete', async (t) => {
  const { collections } = await migratedDatabase(t);
  const limits = createLoginLimits(collections);
  await (await limits.takeLogin('ann@example.com', '192.0.2.77')).succeeded();
  await fail(limits, 'ann@example.com', '192.0.2.77');
  await fail(limits, 'ann@example.com', '192.0.2.78');
  await (await limits.takeChange('session-1')).failed();
  const stored = await collections.loginLimits.find().toArray();
  t.true(stored.length >= 7);
  t.notRegex(JSON.stringify(stored), /ann@|example|192\.0\.2|session-1/);
  for (const { expire } of stored) t.true(expire instanceof Date && expire.getTime() > Date.now());
});
