/** Brings an action, such as a login, and its rival, such as a logout, together at one moment of the action. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Reads, Step, Watch } from './steps.ts';

/** Progress of an action: not begun, begun, the last step that it has done, or answered. */
export type Point = 'before' | 'start' | Step | 'answer';

export interface Moment {
  /** The rival begins when the action has come to this point. */
  readonly point: Point;
  /** The action waits at this point until the rival was answered. Otherwise both pause at random. */
  readonly isBarrier: boolean;
}

/** A step that the action took. */
interface Taken<S extends Step = Step> {
  readonly step: S;
  readonly read: Reads[S];
  /** Progress of the rival when the step began. */
  readonly rivalAt: 'not begun' | 'under way' | 'answered';
}

/** Record of one action and its rival. */
export interface Meeting<T = unknown> {
  readonly result: T;
  /** Lists how often the action took this step, in order: a login that starts over takes some twice. */
  listTaken<S extends Step>(step: S): readonly Taken<S>[];
  /** Progress of the action when the rival began, and when it had its answer. */
  readonly begunAt: Point;
  readonly answeredAt: Point;
}

/** The longest random pauses, in milliseconds: before an action, before each of its steps, before the rival. */
const ACTION_PAUSE = 60;
const STEP_PAUSE = 20;
const RIVAL_PAUSE = 30;

/** Milliseconds by which the clock has moved on behind a barrier, so that stamps differ. */
const CLOCK_STEP = 5;

/** Runs an action and its rival, the rival from that moment on. */
export async function meet<T>(
  { point, isBarrier }: Moment,
  action: (watch: Watch) => Promise<T>,
  rival: () => Promise<unknown>,
): Promise<Meeting<T>> {
  const taken: Taken[] = [];
  const reached = createGate();
  const answered = createGate();
  let at: Point = 'before';
  let progress: Taken['rivalAt'] = 'not begun';

  const pauseAtRandom = (most: number) => (isBarrier ? undefined : pause(Math.random() * most));

  /** Waits at the barrier. */
  async function come(next: Point): Promise<void> {
    at = next;
    if (next === point || next === 'answer') reached.open();
    if (!isBarrier || next !== point || next === 'answer') return;
    await answered.opened;
    await pause(CLOCK_STEP);
  }

  const watch: Watch = async (step, take) => {
    await pauseAtRandom(STEP_PAUSE);
    const rivalAt = progress;
    const read = await take();
    taken.push({ step, read, rivalAt });
    await come(step);
    return read;
  };

  async function runAction(): Promise<T> {
    await come('before');
    await pauseAtRandom(ACTION_PAUSE);
    await come('start');
    return action(watch).finally(() => void come('answer'));
  }

  async function runRival() {
    await reached.opened;
    await pauseAtRandom(RIVAL_PAUSE);
    const begunAt = at;
    progress = 'under way';
    await rival().finally(() => {
      progress = 'answered';
      answered.open();
    });
    return { begunAt, answeredAt: at };
  }

  const [result, when] = await Promise.all([runAction(), runRival()]);
  const listTaken = <S extends Step>(step: S) =>
    taken.filter((each): each is Taken<S> => each.step === step);
  return { result, listTaken, ...when };
}

function createGate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
