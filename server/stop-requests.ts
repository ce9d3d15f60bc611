import { EventEmitter, once } from 'node:events';
import { SECOND } from '../lib/time.ts';

/** The wishes that this process end, and what nothing caught. */
export interface StopRequests {
  /** Resolves with the first signal; with undefined where an error came first. */
  readonly first: Promise<NodeJS.Signals | undefined>;
  /** Resolves when the end is wanted without delay: at SIGQUIT or an error, or a second signal. */
  readonly hurried: Promise<void>;
  /** True once there was an error that nothing caught. */
  hasErred(): boolean;
}

/** Signals that end the server; all others are Node's to act on, or ignored here. */
const STOPS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
const STOPS_WITHOUT_DELAY = ['SIGQUIT'] as const;
/** SIGUSR1 would open Node's debugger to everyone on this machine, and SIGUSR2 end the process. */
const IGNORED = ['SIGUSR1', 'SIGUSR2'] as const;

/** npm passes on a Ctrl-C that the terminal has sent as well: signals within so many milliseconds are one request. */
const SAME_REQUEST_WITHIN = SECOND / 2;

/** Listens for signals and uncaught errors, for as long as the process lives. `onError` hears of each error. */
export function listenForStop(onError: (error: unknown) => void): StopRequests {
  let firstAt: number | undefined;
  let errors = 0;
  const events = new EventEmitter();
  const first = once(events, 'stop').then(([signal]) => signal as NodeJS.Signals | undefined);
  const hurried = once(events, 'hurry').then(() => undefined);

  onEach(STOPS, (signal) => {
    firstAt ??= performance.now();
    if (performance.now() - firstAt > SAME_REQUEST_WITHIN) events.emit('hurry');
    events.emit('stop', signal);
  });
  onEach(STOPS_WITHOUT_DELAY, (signal) => {
    events.emit('hurry');
    events.emit('stop', signal);
  });
  onEach(IGNORED, () => undefined);
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => {
      errors += 1;
      onError(error);
      events.emit('hurry');
      events.emit('stop');
    });
  }
  return { first, hurried, hasErred: () => errors > 0 };
}

function onEach(signals: readonly NodeJS.Signals[], listener: NodeJS.SignalsListener): void {
  for (const signal of signals) process.on(signal, listener);
}
