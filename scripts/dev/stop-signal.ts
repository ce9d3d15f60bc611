const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
// A Ctrl-C arrives twice, from the terminal and from npm: that is one request.
const sameRequestWithin = 500;

/**
 * Listens for requests to end this script: Ctrl-C, SIGTERM, a closed terminal, or the end of npm, whose
 * shell does not pass a SIGTERM on.
 *
 * @returns an AbortSignal that the first request aborts, with the name of the signal as its reason.
 *   A second request exits at once with 130; `spawnChild` kills the children that are left.
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

/** Resolves with the name of the signal when `stopSignal` is aborted. */
export function stopped(signal: AbortSignal): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(signal.reason);
    else signal.addEventListener('abort', () => resolve(signal.reason), { once: true });
  });
}
