const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
// npm passes a Ctrl-C on to its child, which the terminal has sent it as well: that is one request.
const sameRequestWithin = 500;

/**
 * Listens for the wish that this script end: Ctrl-C, SIGTERM, a closed terminal, or npm gone (its
 * shell dies of a SIGTERM without passing it on).
 *
 * @returns a signal that is aborted by the first wish, with the name of the signal as its reason.
 *   A second wish exits at once with 130; `spawnChild` sees to it that no child is left then.
 */
export function stopSignal(env: NodeJS.ProcessEnv): AbortSignal {
  const first = new AbortController();
  let firstAt = 0;
  const request = (signal: NodeJS.Signals) => {
    if (!first.signal.aborted) {
      firstAt = performance.now();
      first.abort(signal);
    } else if (performance.now() - firstAt > sameRequestWithin) {
      process.exit(130);
    }
  };
  for (const signal of stopSignals) process.on(signal, request);
  if (env['npm_lifecycle_event'] !== undefined) {
    whenOrphaned(() => first.signal.aborted || request('SIGTERM'));
  }
  return first.signal;
}

function whenOrphaned(act: () => void): void {
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && act(), 250).unref();
}

/** Resolves with the name of the signal, when `stopSignal`'s answer is aborted. */
export function stopped(signal: AbortSignal): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(signal.reason);
    else signal.addEventListener('abort', () => resolve(signal.reason), { once: true });
  });
}
