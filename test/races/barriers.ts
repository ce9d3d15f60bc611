/** Brings a login and its rival together at one moment of the login: at random, or at a barrier. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Reads, Step, Watch } from './steps.ts';

/** How far a login has come: not begun, begun, the last step it has done, or answered. */
export type Point = 'before' | 'start' | Step | 'answer';

export interface Moment {
  /** The rival begins when the login has come to this point … */
  readonly after: Point;
  /** … and so many milliseconds more have passed. */
  readonly delay: number;
  /** At a barrier the login waits there until the rival was answered, and a little longer. */
  readonly isBarrier: boolean;
}

export interface Race<T> {
  readonly result: T;
  /** What the steps of the login read, in this order: a login that starts over takes some twice. */
  readonly reads: { readonly [S in Step]: Reads[S][] };
  /** Where the login was when the rival began. */
  readonly begunAt: Point;
  /** Where the login was when the rival had its answer. */
  readonly answeredAt: Point;
}

/** The longest pauses, in milliseconds: before a login, before each of its steps, and before the rival. */
const LOGIN_PAUSE = 60;
const STEP_PAUSE = 20;
const RIVAL_PAUSE = 30;
const BARRIER_PAUSE = 5;

/** The login runs into the rival somewhere after one of these points, chosen at random. */
export function anyMoment(points: readonly Point[]): Moment {
  const after = points[Math.floor(Math.random() * points.length)] ?? 'start';
  return { after, delay: upTo(RIVAL_PAUSE), isBarrier: false };
}

/** The login stops behind this step until the rival was answered. */
export function barrierAfter(step: Step): Moment {
  return { after: step, delay: 0, isBarrier: true };
}

/** Runs a login and its rival, the rival from that moment on. */
export async function race<T>(
  moment: Moment,
  login: (watch: Watch) => Promise<T>,
  rival: () => Promise<void>,
): Promise<Race<T>> {
  const course = createCourse(moment);

  async function runLogin(): Promise<T> {
    if (!moment.isBarrier) await pause(upTo(LOGIN_PAUSE));
    course.come('start');
    return login(course.watch).finally(() => course.come('answer'));
  }

  async function runRival() {
    await course.reached;
    await pause(moment.delay);
    const begunAt = course.point();
    await rival().finally(course.rivalAnswered);
    return { begunAt, answeredAt: course.point() };
  }

  const [result, when] = await Promise.all([runLogin(), runRival()]);
  return { result, reads: course.reads, ...when };
}

/** Follows one login: notes what it reads and how far it is, slows it down, stops it at the barrier. */
function createCourse({ after, isBarrier }: Moment) {
  const reads: Race<unknown>['reads'] = {
    account: [],
    cutoffs: [],
    password: [],
    again: [],
    session: [],
  };
  const reached = createGate();
  const rivalAnswered = createGate();
  let at: Point;

  function come(point: Point): void {
    at = point;
    if (point === after || point === 'answer') reached.open();
  }

  const watch: Watch = async (step, take) => {
    if (!isBarrier) await pause(upTo(STEP_PAUSE));
    const read = await take();
    reads[step].push(read);
    come(step);
    if (isBarrier && step === after) await rivalAnswered.passed.then(() => pause(BARRIER_PAUSE));
    return read;
  };

  come('before');
  return {
    reads,
    watch,
    come,
    point: () => at,
    reached: reached.passed,
    rivalAnswered: rivalAnswered.open,
  };
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
