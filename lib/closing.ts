import { isAuthError, StoreUnavailable } from './errors.ts';
import { withTimeout } from './time.ts';
import type { UseCase } from './use-case.ts';
import { type CheckHealth, failedReport } from './use-cases/check-health.ts';

const CLOSED = 'The auth is closed; create another with createAuth()';

/** The error of a call after `auth.close()`. Nothing was decided, so hosts answer 503. */
class AuthClosed extends StoreUnavailable {
  override readonly name = 'AuthClosed';

  constructor(cause?: unknown) {
    super(CLOSED, cause);
  }
}

export interface Closing {
  /** Wraps a use case: it rejects with AuthClosed after `close`. */
  guard<Input, Output>(useCase: UseCase<Input, Output>): UseCase<Input, Output>;
  /** Wraps the health check: it reports a failure after `close`. */
  guardHealth(checkHealth: CheckHealth): CheckHealth;
  /** Rejects new calls, waits for those in flight, then releases. Repeated calls return the same promise. */
  close(): Promise<void>;
}

/** Closes an auth once. Use cases in flight have up to `timeout` milliseconds to finish. */
export function createClosing(release: () => Promise<void>, timeout: number): Closing {
  let inFlight = 0;
  let notifyIdle: (() => void) | undefined;
  let closed: Promise<void> | undefined;

  function begin(): void {
    if (closed !== undefined) throw new AuthClosed();
    inFlight++;
  }

  function finish(): void {
    inFlight--;
    if (inFlight === 0) notifyIdle?.();
  }

  function afterClose(error: unknown): unknown {
    return closed === undefined || isAuthError(error) ? error : new AuthClosed(error);
  }

  function whenIdle(): Promise<void> {
    return new Promise((resolve) => {
      if (inFlight === 0) resolve();
      else notifyIdle = resolve;
    });
  }

  async function end(): Promise<void> {
    await withTimeout(timeout, whenIdle(), () => new AuthClosed()).catch(() => undefined);
    await release();
  }

  return {
    guard: (useCase) =>
      async function guarded(input, caller) {
        begin();
        try {
          return await useCase(input, caller);
        } catch (error) {
          throw afterClose(error);
        } finally {
          finish();
        }
      },

    guardHealth: (checkHealth) => async () =>
      closed === undefined ? checkHealth() : failedReport(CLOSED),

    close() {
      closed ??= end();
      return closed;
    },
  };
}
