import { isAuthError, StoreUnavailable } from './errors.ts';
import { withTimeout } from './time.ts';
import type { UseCase } from './use-case.ts';

export const CLOSED = 'This Auth is closed. Create another with createAuth()';

/** The error of a call after `auth.close()`. Hosts respond with 503. */
class AuthClosed extends StoreUnavailable {
  override readonly name = 'AuthClosed';

  constructor(cause?: unknown) {
    super(CLOSED, cause);
  }
}

/** Creates the functions that close an Auth. Calls in flight have up to `timeout` milliseconds to finish. */
export function createClosing(release: () => Promise<void>, timeout: number) {
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
    /** Wraps a use case so that it rejects with AuthClosed after `close`. */
    guard<Input, Output>(useCase: UseCase<Input, Output>): UseCase<Input, Output> {
      return async function guarded(input, caller) {
        begin();
        try {
          return await useCase(input, caller);
        } catch (error) {
          throw afterClose(error);
        } finally {
          finish();
        }
      };
    },

    isClosed: (): boolean => closed !== undefined,

    /** Rejects new calls, waits for those in flight, then calls `release`. Repeated calls return the same promise. */
    close(): Promise<void> {
      closed ??= end();
      return closed;
    },
  };
}
