const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
// Milliseconds within which signals count as one request, because the terminal and npm each send one at a Ctrl-C.
const sameRequestWithin = 500;

/**
 * Listens for requests to stop this script: Ctrl-C, SIGTERM, a closed terminal, or the end of npm. The end of
 * npm counts as a SIGTERM, because npm's shell ends at a SIGTERM without forwarding it to the script.
 *
 * @returns an AbortSignal that the first request aborts. Its reason is the name of the process signal.
 *   A second request exits at once with 130, and the exit handler of processes.ts kills the children.
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

/** Resolves with the name of the process signal once `signal`, a result of `stopSignal`, is aborted. */
export function stopped(signal: AbortSignal): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(signal.reason);
    else signal.addEventListener('abort', () => resolve(signal.reason), { once: true });
  });
}
