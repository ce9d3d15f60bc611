import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { createSharedReads } from '../../../lib/store/mongo/shared-reads.ts';
import { cachesLastAnswer, dropsTail, joinsRunningRead, sound } from './broken.ts';
import { NEVER_STUCK, plans, play } from './play.ts';
import { brokenRule } from './rules.ts';

const SCHEDULES = 10_000;

/** Asserts every rule of `rules.ts` in every schedule. */
function keepsTheRules(create: typeof createSharedReads, tally = { asks: 0, reads: 0 }) {
  return fc.asyncProperty(plans, fc.scheduler(), async (plan, scheduler) => {
    const history = await play(create, plan, scheduler);
    tally.asks += history.asks.length;
    tally.reads += history.reads.length;
    const broken = brokenRule(history, plan.limits);
    if (broken !== undefined) throw new Error(broken);
  });
}

test('in 10,000 schedules each answer is fresh and complete, reads are bounded, each ask is settled, and a failure stays in its batch', async (t) => {
  const tally = { asks: 0, reads: 0 };
  const property = keepsTheRules(createSharedReads, tally);
  await t.notThrowsAsync(fc.assert(property, { numRuns: SCHEDULES }));
  t.true(tally.asks > 1.3 * tally.reads, 'too few reads were shared to show anything');
  t.log(`${tally.asks} asks were answered by ${tally.reads} reads`);
});

test('shared reads of another make keep the same rules, so each of the broken ones has one fault alone', async (t) => {
  await t.notThrowsAsync(fc.assert(keepsTheRules(sound), { numRuns: 2_000 }));
});

const caught = test.macro(
  async (t: ExecutionContext, create: typeof createSharedReads, rule: RegExp) => {
    const found = await fc.check(keepsTheRules(create), { numRuns: SCHEDULES });
    t.true(found.failed);
    t.regex((found.errorInstance as Error).message, rule);
    t.log(
      `Caught in run ${found.numRuns} of ${SCHEDULES}, seed ${found.seed}: ${found.errorInstance}`,
    );
  },
);

test('joining a running read breaks freshness', caught, joinsRunningRead, /^freshness:/);
test('caching the last answer breaks freshness', caught, cachesLastAnswer, /^freshness:/);
test('dropping the tail breaks completeness', caught, dropsTail, /^completeness:/);

test('those who ask in one turn share as few reads as their keys allow', async (t) => {
  const small = fc.integer({ min: 1, max: 5 });
  const sizes = fc.record({ atOnce: small, mostKeys: small, keysEach: small, asks: fc.nat(30) });
  const property = fc.asyncProperty(sizes, fc.scheduler(), async (given, scheduler) => {
    const { atOnce, mostKeys, keysEach, asks } = given;
    let reads = 0;
    const ask = createSharedReads(() => scheduler.schedule(Promise.resolve(++reads)), {
      atOnce,
      mostKeys,
      stuckAfter: NEVER_STUCK,
      endOfTurn: (action) => void scheduler.schedule(Promise.resolve(), 'a turn ends').then(action),
    });
    for (let asked = 0; asked < asks; asked++) {
      void ask(Array.from({ length: keysEach }, (_, n) => `${asked}-${n}`));
    }
    await scheduler.waitIdle();
    const asksInOneRead = Math.max(1, Math.floor(mostKeys / keysEach));
    return reads === Math.ceil(asks / asksInOneRead);
  });
  await t.notThrowsAsync(fc.assert(property, { numRuns: 1_000 }));
});
