import { assertInteger } from './assert.ts';
import type { Caller, Principal } from './caller.ts';
import { AuthError, type AuthErrorCode, isAuthError, StoreUnavailable } from './errors.ts';
import type { DailyCounterName, DailyCounters } from './store/records/daily-counters.ts';
import { DAY, withTimeout } from './time.ts';

/** A use case bound to its dependencies, as applications call it. Rejects with an AuthError. */
export type UseCase<Input, Output> = (input: Input, caller: Caller) => Promise<Output>;

/**
 * Gives a use case a deadline. The result rejects with StoreUnavailable at the caller's deadline, or after `timeout`
 * milliseconds if the caller has no deadline. The work goes on in the background, so a revocation may still happen
 * after the rejection.
 */
export function withDeadline<Input, Output>(
  useCase: UseCase<Input, Output>,
  timeout: number,
): UseCase<Input, Output> {
  assertInteger('deadline', timeout, 1, DAY);
  return function bounded(input, caller) {
    const now = performance.now();
    const left = (caller.deadline ?? now + timeout) - now;
    if (left <= 0) return Promise.reject(timedOut());
    return withTimeout(left, useCase(input, caller), timedOut);
  };
}

/** Creates the error of a use case that missed its deadline. */
export function timedOut(): StoreUnavailable {
  return new StoreUnavailable('The deadline passed before the request was decided');
}

/** Counts the revoked tokens that a use case refuses, and the database failures with which it rejects. */
export function withCounts<Input, Output>(
  useCase: UseCase<Input, Output>,
  { increment }: Pick<DailyCounters, 'increment'>,
): UseCase<Input, Output> {
  return async function counted(input, caller) {
    try {
      return await useCase(input, caller);
    } catch (error) {
      const name = counterFor(error);
      if (name !== undefined) increment(name);
      throw error;
    }
  };
}

const REVOKED: ReadonlySet<AuthErrorCode> = new Set([
  'token_revoked',
  'user_tokens_revoked',
  'refresh_token_revoked',
]);

function counterFor(error: unknown): DailyCounterName | undefined {
  if (error instanceof StoreUnavailable) return 'store_failures';
  return error instanceof AuthError && REVOKED.has(error.code) ? 'refused_revoked' : undefined;
}

/**
 * Checks the arguments of a use case. Throws a TypeError for a missing or mistyped caller, and for an input that is not
 * an object, such as a bare token. Replaces a missing input by an empty object.
 */
export function withCheckedArguments<Input, Output>(
  useCase: UseCase<Input, Output>,
): UseCase<Input, Output> {
  return function checked(input, caller) {
    assertCaller(caller);
    const given: unknown = input ?? {};
    if (typeof given !== 'object') throw new TypeError('"input" must be an object');
    return useCase(given as Input, caller);
  };
}

/** Throws a TypeError that names the missing or mistyped member, since plain JavaScript does not check types. */
function assertCaller(caller: unknown): asserts caller is Caller {
  if (typeof caller !== 'object' || caller === null) {
    throw new TypeError('"caller" is missing: pass { ip } as the second argument');
  }
  const members: Partial<Record<keyof Caller, unknown>> = caller;
  const { ip, userAgent, requestId, principal, actor, deadline } = members; // a loop would slow down each request
  if (typeof ip !== 'string') throw wrong('ip', 'a string');
  if (!isText(userAgent)) throw wrong('userAgent', TEXT);
  if (!isText(requestId)) throw wrong('requestId', TEXT);
  if (!isText(actor)) throw wrong('actor', TEXT);
  if (!isTime(deadline)) throw wrong('deadline', TIME);
  if (!isPrincipal(principal)) throw wrong('principal', 'the result of authenticate');
}

const TEXT = 'a string or undefined';
const TIME = 'a number of milliseconds, like performance.now()';

function wrong(member: keyof Caller, mustBe: string): TypeError {
  return new TypeError(`"caller.${member}" must be ${mustBe}`);
}

function isText(value: unknown): boolean {
  return value === undefined || typeof value === 'string';
}

function isTime(value: unknown): boolean {
  return value === undefined || (typeof value === 'number' && !Number.isNaN(value));
}

function isPrincipal(value: unknown): boolean {
  if (value === undefined) return true;
  if (typeof value !== 'object' || value === null) return false;
  const { user, sessionId }: Partial<Principal> = value;
  return typeof user?.id === 'string' && typeof sessionId === 'string';
}

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
