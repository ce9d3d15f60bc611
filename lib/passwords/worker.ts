import { native, portable } from './bcrypt.ts';

const { compareSync, hashSync } = (await native()) ?? portable;

export interface HashTask {
  readonly password: string;
  readonly cost: number;
}

export interface CheckTask {
  readonly password: string;
  readonly hash: string;
}

/** The latest start of a task, in milliseconds since 1970. A late task is skipped, because its caller has timed out. */
interface StartBy {
  readonly startBy: number;
}

/** Returns bcrypt's hash of the password; undefined if the caller has timed out. Blocks its worker thread. */
export function hash({ password, cost, startBy }: HashTask & StartBy): string | undefined {
  return hasTimedOut(startBy) ? undefined : hashSync(password, cost);
}

/** Returns true if the password matches the hash; undefined if the caller has timed out. Blocks its worker thread. */
export function check(task: CheckTask & StartBy): boolean | undefined {
  return hasTimedOut(task.startBy) ? undefined : compareSync(task.password, task.hash);
}

function hasTimedOut(startBy: number): boolean {
  return Date.now() > startBy;
}
