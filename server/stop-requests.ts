import { EventEmitter, once } from 'node:events';
import { SECOND } from '../lib/time.ts';

/** Signals and uncaught errors that stop the process. */
export interface StopRequests {
  /** Resolves with the first signal, or with undefined if an error came first. */
  readonly first: Promise<NodeJS.Signals | undefined>;
  /** Resolves after SIGQUIT, an uncaught error or a second signal. The process must then stop without delay. */
  readonly hurried: Promise<void>;
  /** Returns true after an uncaught error. */
  hasErred(): boolean;
}

/** Signals that stop the server after SHUTDOWN_DELAY. */
const STOPS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
const STOPS_WITHOUT_DELAY = ['SIGQUIT'] as const;
/** Signals that are ignored, because SIGUSR1 would open Node's debugger and SIGUSR2 would end the process. */
const IGNORED = ['SIGUSR1', 'SIGUSR2'] as const;

/** Milliseconds within which signals count as one, because the terminal and npm each send one at a Ctrl-C. */
const SAME_REQUEST_WITHIN = SECOND / 2;

/** Listens for signals and uncaught errors until the process ends. `onError` receives each error. */
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
