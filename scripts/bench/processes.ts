/** Child processes of the bench, and the processors they run on. */
import type { SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { guard } from '../dev/guard.ts';
import { endChild, howEnded, run, spawnChild } from '../dev/processes.ts';

/** One processor for the server under test, the others for everything else, or all for both. */
type Processors = 'server' | 'others' | 'all';

/** Lists as `taskset -c` takes them, unless nothing can be pinned, and a text for the results. */
export type Pinning = Awaited<ReturnType<typeof findPinning>>;

const STOP_GRACE = 10_000;
const STDERR_KEPT = 4_096;

/** Divides the processors: a server that shared its own would be measured by how the system divides it. */
export async function findPinning() {
  const allowed = run('taskset', ['-p', '-c', `${process.pid}`]); // in a container, not always from 0 on
  const { stdout } = await allowed.catch(() => ({ stdout: '' }));
  const [, list] = /: ([\d,-]+)\s*$/.exec(stdout) ?? [];
  const [server, ...others] = list === undefined ? [] : parseProcessors(list);
  if (server === undefined || others.length === 0) {
    const description = 'nothing was pinned (needs taskset, and two processors)';
    return { lists: undefined, description };
  }
  const lists = { server: `${server}`, others: others.join(), all: [server, ...others].join() };
  const description = `server on processor ${lists.server}; load generator, mongod and Redis on ${lists.others}; all on ${lists.all} for logouts and a mongod at rest`;
  return { lists, description };
}

/** Parses a list such as `0-2,5`. */
export function parseProcessors(list: string): readonly number[] {
  return list.split(',').flatMap((part) => {
    const [first = 0, last = first] = part.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

/** Moves a process to these processors, with everything that it starts from now on. */
export async function pin({ lists }: Pinning, pid: number, processors: Processors): Promise<void> {
  if (lists !== undefined) await run('taskset', ['-a', '-p', '-c', lists[processors], `${pid}`]);
}

/** Returns the command that runs `command` on these processors. */
export function pinned({ lists }: Pinning, processors: Processors, command: readonly string[]) {
  return lists === undefined ? command : ['taskset', '-c', lists[processors], ...command];
}

/** Starts a process that ends with the bench, however that ends. A Ctrl-C is for the bench alone to act on. */
export function startProcess(command: string, args: readonly string[], options: SpawnOptions) {
  const child = spawnChild(command, args, { detached: true, ...options });
  guard(child);
  return { child, stop: () => endChild(child, STOP_GRACE) };
}

/** Starts a JavaScript file in a Node process that answers one question at a time over IPC. */
export function startChild(
  pinning: Pinning,
  processors: Processors,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
) {
  const [command = '', ...rest] = pinned(pinning, processors, [process.execPath, ...args]);
  const { child, stop } = startProcess(command, rest, {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-STDERR_KEPT);
  });
  const gone = once(child, 'exit').then((): never => {
    throw new Error(`${args.at(-1)} has ended (${howEnded(child)}):\n${stderr}`);
  });
  gone.catch(() => {}); // only a question that waits for it needs to know

  /** Returns the next message. Rejects when the process ends first. */
  async function receive<Message>(): Promise<Message> {
    const [message] = await Promise.race([once(child, 'message'), gone]);
    return message;
  }

  /** Sends a question and returns the answer. */
  function ask<Answer>(question: object): Promise<Answer> {
    const answer = receive<Answer>();
    child.send(question, () => {}); // fails when the process is gone, as the answer does
    return answer;
  }

  return { gone, receive, ask, stop, [Symbol.asyncDispose]: stop };
}
