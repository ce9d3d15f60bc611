import test from 'ava';
import { hashSync } from 'bcryptjs';
import { AuthError } from '../../../lib/errors.ts';
import { createPasswords, passwordFault } from '../../../lib/passwords/passwords.ts';
import * as worker from '../../../lib/passwords/worker.ts';

const passwords = createPasswords({ bcryptCost: 10, bcryptThreads: 1, timeout: 60_000 });
test.after.always(() => passwords.close());

test('a password fits its own hash and no other one', async (t) => {
  const hash = await passwords.hash('correct horse');
  t.true(await passwords.check('correct horse', hash));
  t.false(await passwords.check('correct hors', hash));
});

test('hashes of other bcrypt programs are understood', async (t) => {
  const hash = hashSync('correct horse', 10);
  for (const version of ['$2a$', '$2b$', '$2y$']) {
    t.true(await passwords.check('correct horse', hash.replace(/^\$2.\$/, version)));
  }
});

test('where there is no hash, a hash is checked all the same', async (t) => {
  await passwords.check('wrong', hashSync('correct horse', 10)); // the thread has started
  const started = performance.now();
  t.false(await passwords.check('wrong', undefined));
  const took = performance.now() - started;
  t.true(took > 10, `${took} ms`); // without a check it is under 1 ms, with one over 40 on any machine
});

test('a stored hash outside cost 10 to 14, or of another form, fits nothing', async (t) => {
  const cheap = hashSync('correct horse', 9);
  const dear = cheap.replace('$09$', '$15$');
  for (const stored of [cheap, dear, '', 'correct horse', '$argon2id$v=19$m=65536', `${cheap} `]) {
    t.false(passwords.isUsable(stored));
    t.false(await passwords.check('correct horse', stored));
  }
});

test('a hash made at a lower cost is outdated', (t) => {
  const dearer = createPasswords({ bcryptCost: 11, bcryptThreads: 1 });
  t.teardown(() => dearer.close());
  const hash = hashSync('correct horse', 10);
  t.true(dearer.isOutdated(hash));
  t.false(passwords.isOutdated(hash));
});

test('when too many checks wait, the next one is refused as busy with a time to retry', async (t) => {
  const small = createPasswords({ bcryptCost: 14, bcryptThreads: 1, timeout: 60_000 }); // a queue of 2
  t.teardown(() => small.close());
  const hash = hashSync('correct horse', 10);
  const asked = Array.from({ length: 10 }, () => small.check('correct horse', hash));
  t.throws(small.reserveSlot, { instanceOf: AuthError, code: 'busy' });
  const results = await Promise.allSettled(asked);
  const refused = results.flatMap((result) =>
    result.status === 'rejected' ? [result.reason] : [],
  );
  t.true(refused.length >= 6 && refused.length <= 8, `${refused.length} of 10 were refused`);
  t.true(refused.every((error) => error instanceof AuthError && error.code === 'busy'));
  t.true(refused.every((error) => error.retryAfter > 0));
  t.true(await small.check('correct horse', hash));
  t.notThrows(small.reserveSlot);
});

test('there are as many places as can be at work and wait, and one that is given back is free', (t) => {
  const small = createPasswords({ bcryptCost: 14, bcryptThreads: 2 }); // 2 at work, and a queue of 4
  t.teardown(() => small.close());
  const leave = Array.from({ length: 6 }, () => small.reserveSlot());
  t.throws(small.reserveSlot, { instanceOf: AuthError, code: 'busy' });
  leave[3]?.();
  t.notThrows(small.reserveSlot);
  t.throws(small.reserveSlot, { instanceOf: AuthError, code: 'busy' });
});

test('a task that comes to its turn too late is not done', (t) => {
  const hash = hashSync('x', 10);
  const [late, inTime] = [Date.now() - 1, Date.now() + 60_000];
  t.is(worker.check({ password: 'x', hash, startBy: late }), undefined);
  t.is(worker.check({ password: 'x', hash, startBy: inTime }), true);
  t.is(worker.hash({ password: 'x', cost: 10, startBy: late }), undefined);
  t.regex(worker.hash({ password: 'x', cost: 10, startBy: inTime }) ?? '', /^\$2b\$10\$/);
});

test('a caller does not wait for its turn for ever', async (t) => {
  const hasty = createPasswords({ bcryptCost: 12, bcryptThreads: 1, timeout: 1 });
  t.teardown(() => hasty.close());
  await t.throwsAsync(hasty.check('y', hashSync('x', 10)), { code: 'busy' });
});

test('the event loop turns while a password is checked', async (t) => {
  const hash = await passwords.hash('correct horse');
  let turns = 0;
  const timer = setInterval(() => {
    turns++;
  }, 1);
  await passwords.check('wrong', hash);
  clearInterval(timer);
  t.true(turns > 1); // on the main thread there would be none
});

test('a password that bcrypt would cut or misread is refused with a sentence', (t) => {
  t.is(passwordFault('x'), undefined);
  t.is(passwordFault('x'.repeat(72)), undefined);
  t.regex(passwordFault('x'.repeat(73)) ?? '', /at most 72 bytes/);
  t.regex(passwordFault('ü'.repeat(37)) ?? '', /at most 72 bytes/);
  t.regex(passwordFault('a\0b') ?? '', /NUL/);
  t.regex(passwordFault('') ?? '', /empty/);
});

test('options that cannot work are refused by name', (t) => {
  for (const cost of [9, 15, 12.5, Number.NaN]) {
    t.throws(() => createPasswords({ bcryptCost: cost, bcryptThreads: 1 }), {
      instanceOf: TypeError,
      message: /"bcryptCost"/,
    });
  }
  for (const threads of [0, -1, 1.5]) {
    t.throws(() => createPasswords({ bcryptCost: 10, bcryptThreads: threads }), {
      instanceOf: TypeError,
      message: /"bcryptThreads"/,
    });
  }
});
