/** Brings an action, such as a login, and its rival together at one moment of the action: at random, or at a barrier. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Reads, Watch } from '../helpers/login-steps.ts';

/** How far an action has come: not begun, begun, the last step it has done, or answered. */
export type Point<R = Reads> = 'before' | 'start' | keyof R | 'answer';

export interface Moment<R = Reads> {
  /** The rival begins when the action has come to this point … */
  readonly after: Point<R>;
  /** … and so many milliseconds more have passed. */
  readonly delay: number;
  /** At a barrier the action waits there until the rival was answered, and a little longer. */
  readonly isBarrier: boolean;
}

export interface Race<T, R = Reads> {
  readonly result: T;
  /** What the steps of the action read, in this order: a login that starts over takes some twice. */
  readonly reads: { readonly [S in keyof R]: R[S][] };
  /** How far the rival was when each of these began. */
  readonly rivalAt: { readonly [S in keyof R]: RivalPoint[] };
  /** Where the action was when the rival began. */
  readonly begunAt: Point<R>;
  /** Where the action was when the rival had its answer. */
  readonly answeredAt: Point<R>;
}

export type RivalPoint = 'not begun' | 'under way' | 'answered';

/** The longest pauses, in milliseconds: before an action, before each of its steps, and before the rival. */
const ACTION_PAUSE = 60;
const STEP_PAUSE = 20;
const RIVAL_PAUSE = 30;
const BARRIER_PAUSE = 5;

/** The action runs into the rival somewhere after one of these points, chosen at random. */
export function anyMoment<R = Reads>(points: readonly Point<R>[]): Moment<R> {
  const after = points[Math.floor(Math.random() * points.length)] ?? 'start';
  return { after, delay: upTo(RIVAL_PAUSE), isBarrier: false };
}

/** The action stops behind this step until the rival was answered. */
export function barrierAfter<R = Reads>(step: keyof R): Moment<R> {
  return { after: step, delay: 0, isBarrier: true };
}

/** Runs an action and its rival, the rival from that moment on. */
export async function race<T, R = Reads>(
  moment: Moment<R>,
  action: (watch: Watch<R>) => Promise<T>,
  rival: () => Promise<void>,
): Promise<Race<T, R>> {
  const course = createCourse(moment);

  async function runAction(): Promise<T> {
    if (!moment.isBarrier) await pause(upTo(ACTION_PAUSE));
    course.come('start');
    return action(course.watch).finally(() => course.come('answer'));
  }

  async function runRival() {
    await course.reached;
    await pause(moment.delay);
    const begunAt = course.point();
    course.rivalComes('under way');
    await rival().finally(() => course.rivalComes('answered'));
    return { begunAt, answeredAt: course.point() };
  }

  const [result, when] = await Promise.all([runAction(), runRival()]);
  return { result, reads: course.reads, rivalAt: course.rivalAt, ...when };
}

/** Follows one action: notes what it reads and how far it is, slows it down, stops it at the barrier. */
function createCourse<R>({ after, isBarrier }: Moment<R>) {
  const reads: Race<unknown, R>['reads'] = lists();
  const rivalAt: Race<unknown, R>['rivalAt'] = lists();
  const reached = createGate();
  const rivalAnswered = createGate();
  let at: Point<R> = 'before';
  let rival: RivalPoint = 'not begun';

  function come(point: Point<R>): void {
    at = point;
    if (point === after || point === 'answer') reached.open();
  }

  function rivalComes(point: RivalPoint): void {
    rival = point;
    if (point === 'answered') rivalAnswered.open();
  }

  const watch: Watch<R> = async (step, take) => {
    if (!isBarrier) await pause(upTo(STEP_PAUSE));
    rivalAt[step].push(rival);
    const read = await take();
    reads[step].push(read);
    come(step);
    if (isBarrier && step === after) await rivalAnswered.passed.then(() => pause(BARRIER_PAUSE));
    return read;
  };

  come('before');
  return { reads, rivalAt, watch, come, rivalComes, point: () => at, reached: reached.passed };
}

/** A list under each name, empty at first. */
function lists<Lists extends { readonly [name in keyof Lists]: unknown[] }>(): Lists {
  const made: Record<PropertyKey, unknown[]> = {};
  const get = (_: object, name: PropertyKey) => {
    made[name] ??= [];
    return made[name];
  };
  return new Proxy(made, { get }) as unknown as Lists;
}

/** Lets nobody pass until it is opened, and everybody from then on. */
function createGate() {
  let open = () => {};
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open: () => open() };
}

/** Milliseconds at random. */
export function upTo(most: number): number {
  return Math.random() * most;
}
