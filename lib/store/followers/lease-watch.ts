import type { OnFollower } from './events.ts';
import type { Lease } from './lease.ts';

/** Reports when the lease lapses and when it holds again. Nothing depends on these reports but logs and metrics. */
export function watchLease(lease: Lease, onEvent: OnFollower, every: number) {
  let trouble: unknown;
  let lapsedAt: number | undefined = performance.now();

  function look(): void {
    const holds = lease.left() > 0;
    if (holds === (lapsedAt === undefined)) return;
    if (lapsedAt === undefined) {
      lapsedAt = performance.now();
      onEvent({ type: 'lapsed', cause: trouble });
    } else {
      onEvent({ type: 'held', lapsedFor: performance.now() - lapsedAt });
      lapsedAt = undefined;
      trouble = undefined;
    }
  }

  const timer = setInterval(look, every).unref();
  return {
    look,
    /** Records a fault: it is reported as the cause if the lease lapses. */
    note(fault: unknown): void {
      trouble = fault;
    },
    stop: (): void => clearInterval(timer),
  };
}
