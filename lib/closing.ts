import type { UseCase } from './deadline.ts';
import { isAuthError, StoreUnavailable } from './errors.ts';
import { within } from './time.ts';
import { type CheckHealth, failedReport } from './use-cases/check-health.ts';

const CLOSED = 'The auth was closed; make another by createAuth';

/** A request that comes after `auth.close()`: nothing was decided, so hosts answer 503. */
class AuthClosed extends StoreUnavailable {
  override readonly name = 'AuthClosed';

  constructor(cause?: unknown) {
    super(CLOSED, cause);
  }
}

export interface Closing {
  /** Refuses the use case with AuthClosed once it is closed. */
  guard<Input, Output>(useCase: UseCase<Input, Output>): UseCase<Input, Output>;
  /** Reports that nothing works once it is closed. */
  guardHealth(checkHealth: CheckHealth): CheckHealth;
  /** Refuses what comes, waits for what is under way, then releases. Repeated, it answers the same. */
  close(): Promise<void>;
}

/** Ends an auth once: use cases under way have up to `patience` milliseconds to finish. */
export function createClosing(release: () => Promise<void>, patience: number): Closing {
  let underWay = 0;
  let tellIdle: (() => void) | undefined;
  let closed: Promise<void> | undefined;

  function begin(): void {
    if (closed !== undefined) throw new AuthClosed();
    underWay++;
  }

  function finish(): void {
    underWay--;
    if (underWay === 0) tellIdle?.();
  }

  function afterClose(error: unknown): unknown {
    return closed === undefined || isAuthError(error) ? error : new AuthClosed(error);
  }

  function idle(): Promise<void> {
    return new Promise((resolve) => {
      if (underWay === 0) resolve();
      else tellIdle = resolve;
    });
  }

  async function end(): Promise<void> {
    await within(patience, idle(), () => new AuthClosed()).catch(() => undefined);
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
