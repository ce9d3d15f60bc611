import type { Cleanups } from '../dev/cleanups.ts';
import type { Report } from '../dev/progress.ts';
import type { Failure } from './failure.ts';

/** What the bench tells its progress to, what ends it, and what it leaves to be undone. */
export interface Surroundings {
  readonly report: Report;
  readonly cleanups: Cleanups;
  /** Aborted when somebody wants the bench to end. */
  readonly signal: AbortSignal;
  /** Ends the bench because of something that no step waits for. */
  readonly fail: Failure['fail'];
}
