import { randomUUID } from 'node:crypto';
import test from 'ava';
import type { AuthError } from '../../lib/errors.ts';
import { createLoginLimits, type LoginLimits } from '../../lib/store/login-limits.ts';
import { HOUR, MINUTE } from '../../lib/time.ts';
import { migratedDatabase } from '../helpers/database.ts';

const MANY = { points: 1_000, duration: HOUR };
const REFUSED = { code: 'too_many_logins' };

async function fail(limits: LoginLimits, email: string, ip: string, times = 1) {
  for (let time = 0; time < times; time++) await limits.take(email, ip);
}

function anyEmail() {
  return `${randomUUID()}@example.com`;
}

test('per account and address: so many failures, then too_many_logins with retryAfter', async (t) => {
  const { collections } = await migratedDatabase(t);
  const perAccount = { points: 3, duration: 15 * MINUTE };
  const limits = createLoginLimits(collections, { perAccount, perAddress: MANY, anywhere: MANY });
  const email = anyEmail();
  await fail(limits, email, '192.0.2.1', 3);
  const error = await t.throwsAsync<AuthError>(limits.take(email, '192.0.2.1'), REFUSED);
  const retryAfter = error?.retryAfter ?? 0;
  t.true(retryAfter > 14 * MINUTE && retryAfter <= 15 * MINUTE);
  await t.notThrowsAsync(limits.take(email, '192.0.2.2'), 'another address');
  await t.notThrowsAsync(limits.take(anyEmail(), '192.0.2.1'), 'another account');
});

test('per address: over all accounts, and over the /64 of IPv6', async (t) => {
  const { collections } = await migratedDatabase(t);
  const perAddress = { points: 3, duration: MINUTE };
  const limits = createLoginLimits(collections, { perAccount: MANY, perAddress, anywhere: MANY });
  for (const ip of ['2001:db8::1', '2001:db8::2', '2001:db8::3'])
    await fail(limits, anyEmail(), ip);
  await t.throwsAsync(limits.take(anyEmail(), '2001:db8::4'), REFUSED);
  await t.notThrowsAsync(limits.take(anyEmail(), '2001:db8:0:1::4'), 'another /64');
});

test('anywhere: over all addresses, but an address that logged in before is spared', async (t) => {
  const { collections } = await migratedDatabase(t);
  const anywhere = { points: 3, duration: HOUR };
  const limits = createLoginLimits(collections, { perAccount: MANY, perAddress: MANY, anywhere });
  const email = anyEmail();
  await (await limits.take(email, '192.0.2.1')).succeeded();
  for (const ip of ['198.51.100.1', '198.51.100.2', '198.51.100.3']) await fail(limits, email, ip);
  await t.throwsAsync(limits.take(email, '203.0.113.1'), REFUSED);
  await t.notThrowsAsync(limits.take(email, '192.0.2.1'), 'the address that is known');
  await t.notThrowsAsync(limits.take(anyEmail(), '203.0.113.1'), 'another account');
});

test('a login that succeeds or is withdrawn is no failure', async (t) => {
  const { collections } = await migratedDatabase(t);
  const two = { points: 2, duration: HOUR };
  const limits = createLoginLimits(collections, {
    perAccount: two,
    perAddress: two,
    anywhere: two,
  });
  const email = anyEmail();
  for (let time = 0; time < 5; time++) {
    await (await limits.take(email, '192.0.2.1')).succeeded();
    await (await limits.take(email, '192.0.2.1')).withdraw();
  }
  await fail(limits, email, '192.0.2.1', 2);
  await t.throwsAsync(limits.take(email, '192.0.2.1'), REFUSED);
});

test('a login that is turned away counts nowhere', async (t) => {
  const { collections } = await migratedDatabase(t);
  const perAccount = { points: 2, duration: HOUR };
  const perAddress = { points: 3, duration: HOUR };
  const limits = createLoginLimits(collections, { perAccount, perAddress, anywhere: MANY });
  const email = anyEmail();
  await fail(limits, email, '192.0.2.1', 2);
  for (let time = 0; time < 5; time++) {
    await t.throwsAsync(limits.take(email, '192.0.2.1'), REFUSED);
  }
  await t.notThrowsAsync(limits.take(anyEmail(), '192.0.2.1'), 'one of three is left');
  await t.throwsAsync(limits.take(anyEmail(), '192.0.2.1'), REFUSED);
});

test('of 20 logins at once no more than the limit go through', async (t) => {
  const { collections } = await migratedDatabase(t);
  const perAccount = { points: 5, duration: HOUR };
  const limits = createLoginLimits(collections, { perAccount, perAddress: MANY, anywhere: MANY });
  const email = anyEmail();
  const all = Array.from({ length: 20 }, () => limits.take(email, '192.0.2.1'));
  const results = await Promise.allSettled(all);
  t.is(results.filter(({ status }) => status === 'fulfilled').length, 5);
  for (const result of results) {
    if (result.status === 'rejected') t.like(result.reason, REFUSED);
  }
});

test('accounts and addresses are stored as hashes, with Dates that the TTL index can delete', async (t) => {
  const { collections } = await migratedDatabase(t);
  const limits = createLoginLimits(collections);
  await (await limits.take('ann@example.com', '192.0.2.77')).succeeded();
  await fail(limits, 'ann@example.com', '192.0.2.77');
  const stored = await collections.loginLimits.find().toArray();
  t.true(stored.length >= 3);
  t.notRegex(JSON.stringify(stored), /ann|example|192\.0\.2/);
  for (const { expire } of stored) t.true(expire instanceof Date && expire.getTime() > Date.now());
});
