/**
 * Shared reads of another make, which wait for no end of a turn: one that is sound, and three in which
 * one thing is wrong.
 */
import type { createSharedReads, SharedRead } from '../../../lib/store/mongo/shared-reads.ts';

type Create = typeof createSharedReads;

interface Waiter<Found> {
  readonly keys: readonly string[];
  settle(answer: Promise<Found>): void;
}

/** Sound, so that each of the others is caught for its one fault alone. */
export const sound: Create = (read, { atOnce = 2, mostKeys = 1_000 } = {}) =>
  inTurns(read, atOnce, (waiters) => {
    let count = 1;
    while (count < waiters.length && collectKeys(waiters.slice(0, count + 1)).length <= mostKeys) {
      count++;
    }
    return waiters.splice(0, count);
  });

/** Joins a read that is under way and has the keys: it may have looked before the ask was made. */
export const joinsRunningRead: Create = (read, options) => {
  const running = new Map<readonly string[], ReturnType<typeof read>>();
  const ask = sound((keys) => {
    const answer = read(keys).finally(() => running.delete(keys));
    running.set(keys, answer);
    return answer;
  }, options);
  return (keys) => {
    const joined = [...running].find(([readKeys]) => keys.every((key) => readKeys.includes(key)));
    return joined?.[1].catch(() => ask(keys)) ?? ask(keys);
  };
};

/** Answers from what was read last, if it was read with the keys. */
export const cachesLastAnswer: Create = (read, options) => {
  let last: { keys: readonly string[]; found: Awaited<ReturnType<typeof read>> } | undefined;
  const ask = sound(async (keys) => {
    const found = await read(keys);
    last = { keys, found };
    return found;
  }, options);
  return async (keys) => {
    const isKnown = keys.every((key) => last?.keys.includes(key));
    return last !== undefined && isKnown ? last.found : ask(keys);
  };
};

/** Takes all who wait into one read, and reads only as many keys as may be in it. */
export const dropsTail: Create = (read, { atOnce = 2, mostKeys = 1_000 } = {}) =>
  inTurns(
    (keys) => read(keys.slice(0, mostKeys)),
    atOnce,
    (waiters) => waiters.splice(0),
  );

/** Reads for those whom `take` takes from the waiters, while fewer than `atOnce` reads are under way. */
function inTurns<Found>(
  read: SharedRead<Found>,
  atOnce: number,
  take: (waiters: Waiter<Found>[]) => Waiter<Found>[],
): SharedRead<Found> {
  const waiters: Waiter<Found>[] = [];
  let underWay = 0;

  function next(): void {
    if (underWay >= atOnce || waiters.length === 0) return;
    underWay++;
    const taken = take(waiters);
    const answer = read(collectKeys(taken)).finally(() => {
      underWay--;
      next();
    });
    for (const waiter of taken) waiter.settle(answer);
  }

  return (keys) =>
    new Promise((settle) => {
      waiters.push({ keys, settle });
      next();
    });
}

function collectKeys<Found>(waiters: readonly Waiter<Found>[]): readonly string[] {
  return [...new Set(waiters.flatMap((waiter) => waiter.keys))];
}
