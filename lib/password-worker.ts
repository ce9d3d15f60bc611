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

/** When a task has to be under way, in milliseconds since 1970: later, nobody waits for it any more. */
interface InTime {
  readonly startBy: number;
}

/** bcrypt's hash of the password. Runs in a worker thread, where blocking harms no one. */
export function hash({ password, cost, startBy }: HashTask & InTime): string | undefined {
  return isTooLate(startBy) ? undefined : hashSync(password, cost);
}

/** Whether the password has this bcrypt hash. Runs in a worker thread. */
export function check(task: CheckTask & InTime): boolean | undefined {
  return isTooLate(task.startBy) ? undefined : compareSync(task.password, task.hash);
}

function isTooLate(startBy: number): boolean {
  return Date.now() > startBy;
}
