import { compareSync, hashSync } from 'bcryptjs';

export interface HashTask {
  readonly password: string;
  readonly cost: number;
}

export interface CheckTask {
  readonly password: string;
  readonly hash: string;
}

/** bcrypt's hash of the password. Runs in a worker thread, where blocking harms no one. */
export function hash({ password, cost }: HashTask): string {
  return hashSync(password, cost);
}

/** Whether the password has this bcrypt hash. Runs in a worker thread. */
export function check(task: CheckTask): boolean {
  return compareSync(task.password, task.hash);
}
