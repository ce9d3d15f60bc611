import { once } from 'node:events';
import { guard } from '../dev/guard.ts';
import { endChild, hasEnded, howEnded, pidOf, spawnChild } from '../dev/processes.ts';
import { type Pinning, type Processors, pinned } from './pinning.ts';
import { keepStderrTail } from './stderr-tail.ts';

/** A Node process that answers one question at a time. */
export interface Asked {
  readonly pid: number;
  /** The first thing it said. */
  readonly hello: unknown;
  /** Asks, and waits for the answer. Rejects with what it wrote on stderr when it ends first. */
  ask<Answer>(question: object): Promise<Answer>;
  stop(): Promise<void>;
}

/** What to start: a compiled file, with these variables beside PATH. */
export interface AskedOptions {
  readonly file: string;
  readonly env: NodeJS.ProcessEnv;
  readonly processors: Processors;
  readonly execArgv?: readonly string[];
  /** Whether it speaks first, as a server does when it listens. */
  readonly saysHello?: boolean;
}

const STOP_GRACE = 5_000;

/** Starts a Node process with an IPC channel, on the processors it is to use. */
export async function startAsked(pinning: Pinning, options: AskedOptions): Promise<Asked> {
  const { file, env, execArgv = [], processors } = options;
  const [command, ...args] = pinned(pinning, processors, [process.execPath, ...execArgv, file]);
  const child = spawnChild(command as string, args, {
    env: { PATH: process.env['PATH'], ...env },
    // In a session of its own: a Ctrl-C is the harness's to act on.
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  guard(child);
  const stderr = keepStderrTail(child);

  const fault = () => new Error(`${file} has ended (${howEnded(child)}):\n${stderr()}`);

  async function answer(): Promise<unknown> {
    const heard = new AbortController();
    const { signal } = heard;
    const gone = once(child, 'exit', { signal }).then(() => {
      throw fault();
    });
    try {
      const [message] = await Promise.race([once(child, 'message', { signal }), gone]);
      return message;
    } finally {
      heard.abort();
    }
  }

  const stop = () => endChild(child, STOP_GRACE);
  return {
    pid: pidOf(child),
    hello: options.saysHello ? await answer() : undefined,
    async ask<Answer>(question: object) {
      if (hasEnded(child)) throw fault();
      const answered = answer();
      child.send(question);
      return (await answered) as Answer;
    },
    stop,
  };
}
