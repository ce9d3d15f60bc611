/** Each rule of the protocol is needed: where it is broken, a schedule breaks the promise that is clean otherwise. */
import test from 'ava';
import fc from 'fast-check';
import { DIRECTED, toSchedule } from './directed-schedules.ts';
import { schedules } from './random-schedules.ts';
import { BROKEN_RULES, type BrokenRule } from './rules.ts';
import type { Schedule } from './schedule.ts';
import { play } from './world.ts';

/** The schedules in which a rule without a directed one has to be caught: the rarest is caught in 1 of 40. */
const SCHEDULES = 1_000;

for (const [rule, words] of Object.entries(BROKEN_RULES) as [BrokenRule, string][]) {
  const directed = DIRECTED[rule];
  const when = directed === undefined ? 'in random schedules' : `where ${directed.title}`;
  test(`${rule} is caught: ${words}; ${when}`, (t) => {
    const schedule = directed === undefined ? findSchedule(rule) : toSchedule(directed);
    const broken = play(schedule, rule);
    const sound = play(schedule);
    t.deepEqual(sound.violations, [], 'the schedule breaks the promise without the broken rule');
    if (directed?.registrations === undefined) t.not(broken.violations.length, 0);
    else {
      t.is(sound.registrations, directed.registrations);
      t.true(broken.registrations > directed.registrations, 'no registration was lost');
    }
  });
}

/** Returns a random schedule in which a broken rule breaks the promise. */
function findSchedule(rule: BrokenRule): Schedule {
  const isSound = fc.property(
    schedules,
    (schedule) => play(schedule, rule).violations.length === 0,
  );
  const { counterexample } = fc.check(isSound, { numRuns: SCHEDULES, endOnFailure: true });
  if (counterexample === null) throw new Error(`No schedule catches ${rule}`);
  return counterexample[0];
}
