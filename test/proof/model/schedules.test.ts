/** Random schedules of the model. MODEL_SCHEDULES is their number; MODEL_SEED repeats a run. */
import test from 'ava';
import fc from 'fast-check';
import type { Counts } from './checker.ts';
import { schedules } from './random-schedules.ts';
import { play } from './world.ts';

const SCHEDULES = Number(process.env['MODEL_SCHEDULES'] ?? 1_000);
const SEED = process.env['MODEL_SEED'];

test('in random schedules nothing is accepted that arrived after its revocation was answered, nothing is refused that nobody revoked, and every follower follows again', (t) => {
  const totals: Counts[] = [];
  const holds = fc.property(schedules, (schedule) => {
    const { violations, counts } = play(schedule);
    totals.push(counts);
    if (violations.length > 0) throw new Error(violations.join('\n'));
  });
  const run = { numRuns: SCHEDULES, ...(SEED === undefined ? {} : { seed: Number(SEED) }) };
  t.notThrows(() => fc.assert(holds, run));
  const sum = (count: keyof Counts) => totals.reduce((all, counts) => all + counts[count], 0);

  t.true(sum('accepted') > 80 * SCHEDULES, 'too little was accepted to show anything');
  t.true(sum('fromMemory') > 0.5 * sum('accepted'), 'too little was accepted from memory');
  t.true(sum('settled') > 2 * SCHEDULES, 'too few revocations were answered');
  t.true(sum('settledByTime') > 0.05 * sum('settled'), 'too few answers waited for a lease');
  t.true(sum('settledByTime') < 0.6 * sum('settled'), 'too many answers waited for a lease');
  t.true(sum('refused') > SCHEDULES && sum('logins') > 0.1 * SCHEDULES);
  t.log(
    `${sum('accepted')} accepts, ${sum('fromMemory')} of them from memory; ` +
      `${sum('settled')} answers, ${sum('settledByTime')} of them by time`,
  );
});
